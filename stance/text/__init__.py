"""Reading an article by rules and per-language resources: sentences, quotes, mentions, speakers, candidates."""
