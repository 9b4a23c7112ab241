"""MTEB's clustering protocol, so that values can stand beside published ones.

Muennighoff, Tazi, Magne and Reimers, MTEB (arXiv:2210.07316); the protocol is that of `AbsTaskClustering` in mteb 2.x
(from Enevoldsen et al., MMTEB, arXiv:2502.13595): clusters of samples drawn with replacement, by mini-batch k-means
with one start, k the number of classes, vectors as the model gives them. The ten experiments differ in the documents
drawn, under one seed of k-means.

Values stand beside published ones only where vectors were made alike: a model may have a prompt for clustering, which
whoever published its values may not have used.
"""

from __future__ import annotations

import random

import numpy as np

from patbench_lib.cluster.threads import threads_for
from patbench_lib.errors import PatbenchError
from patbench_lib.types import Floats, Ints

SEED = 42  # of every task of MTEB
EXPERIMENTS = 10
DOCUMENTS = 16_384
"""Drawn in each experiment, with replacement, whether there are more or fewer."""

BATCH = 512


def taken(n: int, share: float, generator: random.Random | None = None) -> Ints:
    """Return the positions of the documents that the experiments draw from, in the order that MTEB draws them in.

    Parameters
    ----------
    n : documents there are.
    share : of them, that is taken.
    generator : that draws them, and the experiments after them; by default one of MTEB's seed.
    """
    if share == 1:  # MTEB does not shuffle where it takes all
        return np.arange(n)
    return np.array((generator or random.Random(SEED)).sample(range(n), k=int(share * n)), dtype=np.int64)


def v_measures(vectors: Floats, classes: Ints, *, share: float = 1.0) -> Floats:
    """Return the V-measure of each experiment, shape [10]; MTEB publishes their mean.

    Parameters
    ----------
    vectors : shape [n, d], neither normalised nor whitened.
    classes : one class a document, shape [n].
    share : of the documents, that the experiments draw from; 0.04 unless a task of MTEB has it otherwise, as those on
        small sets do.

    Raises
    ------
    PatbenchError : where the share leaves no document.
    """
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.metrics import v_measure_score

    generator = random.Random(SEED)
    rows = taken(len(vectors), share, generator)
    if not len(rows):
        raise PatbenchError(
            f"A share of {share:g} of {len(vectors)} publications is none to cluster by MTEB's protocol.",
            todo="Raise clustering.mteb_share.",
        )
    vectors, classes = vectors[rows], classes[rows]
    model = MiniBatchKMeans(len(np.unique(classes)), batch_size=BATCH, n_init=1, random_state=SEED)
    values = []
    with threads_for(DOCUMENTS * vectors.shape[1] * model.n_clusters):
        for _ in range(EXPERIMENTS):
            drawn = generator.choices(range(len(vectors)), k=DOCUMENTS)
            values.append(v_measure_score(classes[drawn], model.fit_predict(vectors[drawn])))
    return np.array(values)
