"""Jobs over many articles: sources, shards, sinks, a manifest to go on from, and the engines that do the work."""
