"""Multi-label classification: splits, classifiers, measures and their comparison."""
