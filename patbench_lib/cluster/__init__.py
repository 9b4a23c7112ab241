"""Clustering: algorithms, gold labels, measures, the number of clusters, topics and maps."""
