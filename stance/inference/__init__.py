"""StanceClassifier scores sentences, ArticleScorer whole articles."""
