"""The batches of a training, all of them planned before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.statistics import seed_of
from patbench_lib.types import Ints

_OPEN = 64
_SHUFFLES = 50


def plan_batches(
    texts: Ints, signals: Sequence[str], *, batch: int, epochs: int, seed: int, steps: int | None = None
) -> Ints:
    """Draw the batches of a whole training.

    Each batch is of one signal, and the signals take turns, so that one with few pairs comes round more often. A batch
    holds no text twice: it would be a negative of itself. A pair that fits in no full batch of an epoch is left out of
    that epoch.

    Parameters
    ----------
    texts : number of each pair's two texts, shape [pairs, 2]; equal texts have equal numbers.
    signals : what each pair was drawn by, shape [pairs].
    batch : pairs of a batch.
    epochs : how often every signal's pairs would be seen, had all signals as many; ignored where `steps` is given.
    steps : how many batches, to give trainings of different pairs the same number.

    Returns
    -------
    numbers of pairs, shape [steps, batch]; the plan depends on nothing but the arguments, so that a training that was
    stopped goes on with the batch it had come to.

    Raises
    ------
    PatbenchError
        Where a signal's pairs do not fill a single batch.
    """
    names = list(dict.fromkeys(signals))
    if not names:
        raise PatbenchError("There are no pairs to train on.")
    by_name = {name: np.flatnonzero([signal == name for signal in signals]) for name in names}
    streams = {
        name: _stream(rows, texts, batch, seed=seed_of(seed, "batches", name), name=name)
        for name, rows in by_name.items()
    }
    total = steps or epochs * max(len(names), sum(len(rows) // batch for rows in by_name.values()))
    return np.array([next(streams[names[turn % len(names)]]) for turn in range(total)], dtype=np.int64)


def _stream(rows: Ints, texts: Ints, batch: int, *, seed: int, name: str) -> Iterator[Ints]:
    """Yield batches for ever, shuffled anew whenever all pairs have been seen."""
    generator = np.random.default_rng(seed)
    while True:
        made = _shuffled(generator, rows, texts, batch)
        if not made:
            distinct = len(np.unique(texts[rows]))
            raise PatbenchError(
                f"The {len(rows)} pairs of the signal '{name}' do not fill a batch of {batch}.",
                why=f"A batch holds no text twice, and they have {distinct} different texts.",
                todo="Lower `finetuning.batch`, or train on a larger landscape.",
            )
        yield from made


def _shuffled(generator: np.random.Generator, rows: Ints, texts: Ints, batch: int) -> list[Ints]:
    """Return the batches of an epoch: pairs that just fill one do so in some orders, maybe only in the one given."""
    for _ in range(_SHUFFLES):
        if made := fill_batches(generator.permutation(rows), texts, batch):
            return made
    return fill_batches(rows, texts, batch)


def fill_batches(order: Ints, texts: Ints, batch: int) -> list[Ints]:
    """Return full batches of pairs in which no text is twice.

    Pairs are taken in order, each into the first open batch that has neither of its texts. A text in very many pairs
    would keep as many batches open: what fits in none of the first few is left out.

    Parameters
    ----------
    order : numbers of pairs.
    texts : number of each pair's two texts, shape [pairs, 2].
    """
    full: list[Ints] = []
    open_batches: list[tuple[list[int], set[int]]] = []
    for pair in order.tolist():
        both = set(texts[pair].tolist())
        place = next((place for place, (_, seen) in enumerate(open_batches) if not both & seen), None)
        if place is None and len(open_batches) == _OPEN:
            continue
        if place is None:
            open_batches.append(([], set()))
            place = len(open_batches) - 1
        members, seen = open_batches[place]
        members.append(pair)
        seen |= both
        if len(members) == batch:
            full.append(np.array(open_batches.pop(place)[0], dtype=np.int64))
    return full


@dataclass
class PlannedBatches:
    """A plan in the shape that a PyTorch data loader asks for its batches in."""

    plan: Ints
    drop_last: bool = True

    @property
    def batch_size(self) -> int:
        """Pairs of a batch."""
        return int(self.plan.shape[1])

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches in their order."""
        yield from self.plan.tolist()

    def __len__(self) -> int:
        """Return how many batches there are."""
        return len(self.plan)
