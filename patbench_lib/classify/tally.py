"""What a classifier got right and wrong in each family: all that intervals and tests of its measures need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from patbench_lib.classify.measures import measures_of, outcomes
from patbench_lib.classify.prediction import Prediction
from patbench_lib.types import Floats, Ints


@dataclass(frozen=True)
class Tally:
    """Sums of `measures.outcomes` over the test publications of each family, for each repeat.

    Attributes
    ----------
    family : codes of the families with a test publication in any repeat, ascending, shape [f].
    rows : test publications of each repeat.
    sums : sparse sums of each repeat, shape [f, 3 labels + 3]; 0 for a family that it does not test.
    """

    family: Ints
    rows: tuple[Ints, ...]
    sums: tuple[sp.csr_array, ...]

    @property
    def width(self) -> int:
        """Return the numbers that one draw of families takes at most."""
        families, columns = map(int, self.sums[0].shape)
        return max(families, columns)

    @property
    def n(self) -> int:
        """Return the number of publications that any repeat tests."""
        return len(np.unique(np.concatenate(self.rows)))

    def totals(self) -> Iterator[Floats]:
        """Yield the sums over all families of each repeat, shape [1, 3 labels + 3]."""
        yield from (np.asarray(sums.sum(axis=0)).reshape(1, -1) for sums in self.sums)

    def by_repeat(self) -> Floats:
        """Return the measures of each repeat, shape [repeats, 4]."""
        return np.concatenate([measures_of(total) for total in self.totals()])

    def weighted(self, weights: Floats) -> Floats:
        """Return the mean over repeats of each measure, were each family there as often as its weight says.

        Parameters
        ----------
        weights : shape [draws, f].

        Returns
        -------
        numpy.ndarray
            Shape [draws, 4]; a repeat none of whose families is drawn does not count.
        """
        return over_repeats([measures_of(weights @ sums) for sums in self.sums])


def tally(predictions: Sequence[Prediction], family: Ints) -> Tally:
    """Sum up the predictions of one classifier, one a repeat, by family.

    Parameters
    ----------
    family : family code of each publication of the landscape, shape [n].
    """
    rows = tuple(prediction.rows for prediction in predictions)
    codes = np.unique(family[np.concatenate(rows)])
    return Tally(codes, rows, tuple(_family_sums(each, family, codes) for each in predictions))


def _family_sums(prediction: Prediction, family: Ints, codes: Ints) -> sp.csr_array:
    place = np.searchsorted(codes, family[prediction.rows])
    member = sp.csr_array((np.ones(len(place)), (place, np.arange(len(place)))), shape=(len(codes), len(place)))
    return (member @ outcomes(prediction)).tocsr()


def over_repeats(values: Sequence[Floats]) -> Floats:
    """Return the mean of arrays of one shape, nan left out; nan where all are."""
    stacked = np.stack(values)
    known = ~np.isnan(stacked)
    with np.errstate(invalid="ignore"):
        mean: Floats = np.where(known, stacked, 0).sum(0) / known.sum(0)
    return mean
