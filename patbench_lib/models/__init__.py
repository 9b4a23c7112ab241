"""Models: what they are (cards), where their weights lie, and how a text becomes a vector.

`card` describes a model, `registry` holds the cards that PatBench ships, `weights` finds and fetches files,
`encoder` loads a card into something that encodes, `check` proves that a card tells the truth.
Importing this package is cheap: torch and its friends are imported by the loaders that need them.
"""
