"""Retrieval among some publications alone: those that have a text which others lack."""

from __future__ import annotations

import numpy as np

from patbench_lib.landscape.judgements import Judgements
from patbench_lib.retrieve.run import Run
from patbench_lib.types import Bools


def among(judgements: Judgements, kept: Bools) -> Judgements:
    """Keep the queries and relevant documents that are kept, told by a mask of rows, shape [n].

    A query without a relevant document among them is none.
    """
    return judgements.only(kept[judgements.pair_queries] & kept[judgements.documents])


def condensed_run(run: Run, kept: Bools) -> Run:
    """Return a run without the documents that are not kept: what stands below moves up.

    Parameters
    ----------
    kept : of each row of the landscape, shape [n].
    """
    stay = (run.documents >= 0) & kept[run.documents]  # padding, -1, reads some row; it is left out before
    first = np.argsort(~stay, axis=1, kind="stable")
    moved = np.take_along_axis(stay, first, axis=1)
    documents, scores = (np.take_along_axis(each, first, axis=1) for each in (run.documents, run.scores))
    return Run(run.queries, np.where(moved, documents, -1), np.where(moved, scores, -np.inf).astype(run.scores.dtype))
