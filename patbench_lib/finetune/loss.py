"""InfoNCE over the documents of a batch, without those that are related to the anchor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from patbench_lib.types import Bools, Ints

Blocked = Callable[[Ints], Bools]
"""From the numbers of a batch's pairs, shape [b], which documents are no negatives, shape [b, documents].

The documents are the positives of these pairs in their order, then the first mined negative of each, and so on.
"""


def info_nce(queries: Any, documents: Any, blocked: Any, temperature: float) -> Any:
    """Return the mean over queries of -log softmax(cos / temperature) at the query's own positive.

    That is InfoNCE (van den Oord, Li and Vinyals 2018, arXiv:1807.03748, equation 4) with in-batch negatives.

    Parameters
    ----------
    queries : tensor [b, dim].
    documents : tensor [b or a multiple of it, dim]; row i of the first b is the positive of query i.
    blocked : boolean tensor [b, documents], True where a document takes no part in a query's softmax; a query's own
        positive always does.

    Returns
    -------
    A tensor of one number.
    """
    import torch
    from torch.nn.functional import cross_entropy, normalize

    # Half precision would round cosines to three digits before they are divided by the temperature.
    cosines = normalize(queries.float(), dim=1) @ normalize(documents.float(), dim=1).T
    own = torch.arange(len(queries), device=cosines.device)
    out = blocked.to(cosines.device).clone()
    out[own, own] = False
    return cross_entropy((cosines / temperature).masked_fill(out, -torch.inf), own)


def masked_loss(model: Any, blocked: Blocked, *, temperature: float, mini_batch: int) -> Any:
    """Return a loss for sentence-transformers' trainer; its labels are the numbers of a batch's pairs.

    A batch of more pairs than a mini-batch goes through a transformer in mini-batches, and its gradients are cached
    (GradCache: Gao et al. 2021, arXiv:2101.06983), so that memory does not grow with the batch; each text goes forward
    twice for that. A static model has no activations worth saving, and its input cannot be cut into mini-batches: it
    takes any batch at once. Loss and gradients are the same either way.
    """
    import torch
    from sentence_transformers.base.losses.gradcache import CachedLossMixin, has_static_embedding_input

    class MaskedLoss(CachedLossMixin, torch.nn.Module):  # type: ignore[misc]  # the library has no types
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.mini_batch_size = mini_batch
            self.uses_gradient_cache = not has_static_embedding_input(model)

        def calculate_loss(self, reps: Any, labels: Any = None, *, with_backward: bool = False) -> Any:
            queries, *documents = (torch.cat(parts) for parts in reps)
            out = torch.from_numpy(blocked(np.asarray(labels.cpu().numpy())))
            loss = info_nce(queries, torch.cat(documents), out, temperature)
            if with_backward:
                loss.backward()
                return loss.detach()
            return loss

        def forward(self, sentence_features: Any, labels: Any) -> Any:
            if self.uses_gradient_cache and len(labels) > self.mini_batch_size:
                cached: Any = self.forward_cached
                return cached(sentence_features, labels)
            reader: Any = self.model  # which the trainer may have wrapped
            vectors = [[reader(features)["sentence_embedding"]] for features in sentence_features]
            return self.calculate_loss(vectors, labels)

    return MaskedLoss()
