"""The way to MTEB and back: landscapes as its tasks, our models as its encoders, our results as its files.

The package `mteb` is an extra: `pip install patbench[mteb]`. This room stands above `bench` and below `cli`.
"""
