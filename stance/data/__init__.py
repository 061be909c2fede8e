"""The dataset module: annotated files become clean (actor, target, stance) examples."""
