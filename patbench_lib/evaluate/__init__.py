"""Evaluation: measures of runs, and what can be said of their differences."""
