"""The bench: the steps of a study, each computed once or found, and the results they leave."""
