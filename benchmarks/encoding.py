"""Encoding into a fresh store against SentenceTransformer.encode, and asking for the same texts again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from clock import arguments, in_turns, ratio, report

from patbench_lib.encode.encode import encode
from patbench_lib.models.encoder import load_encoder
from patbench_lib.models.registry import find_card
from patbench_lib.models.weights import require

VOCABULARY = (
    "a cane comprising an elongated shaft and handle wherein the sensor detects obstacles near said wheel while "
    "pressure of lamp signal unit processor coupled frame means for rotating shell housing according to claim one"
)


def texts_of(number: int) -> list[str]:
    """Draw texts of 5 to 300 words, most of them short."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(4.2, 0.8, number), 5, 300).astype(int)
    return [" ".join(rng.choice(VOCABULARY.split(), length)) for length in lengths]


def main() -> None:
    from sentence_transformers import SentenceTransformer

    options = arguments(__doc__, texts=600, rounds=3)
    card, texts = find_card("MiniLM-L6"), texts_of(options.texts)
    ours, theirs = load_encoder(card, device="cpu"), SentenceTransformer(str(require(card)), device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        stores = (Path(folder) / f"{i}" for i in range(options.rounds + 1))
        last: list[Path] = []

        def fresh() -> None:
            last[:] = [next(stores)]
            encode(ours, texts, "document", last[0], progress=False)

        def again() -> None:
            found = encode(ours, texts, "document", last[0], progress=False)
            assert len(found.vectors) == len(texts)

        rivals = {
            "SentenceTransformer.encode": lambda: theirs.encode(texts, show_progress_bar=False),
            "encode, fresh store": fresh,
        }
        seconds = in_turns(rivals, options.rounds)
        seconds |= in_turns({"encode, all in the store": again}, options.rounds)
    library, first, second = seconds
    figures = {
        "our rate by SentenceTransformer's": (ratio(seconds, library, first), "aim: at least 0.95"),
        "time of the second call by the first's": (ratio(seconds, second, first), "it encodes nothing"),
    }
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
