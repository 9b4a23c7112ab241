"""One of our models as an encoder of MTEB: the same prompts, the same batches and the same store as in a study."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from mteb.models.model_meta import ModelMeta

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.views import View
from patbench_lib.models.card import SINGLE_VECTOR
from patbench_lib.mteb_bridge.model_meta import model_meta
from patbench_lib.mteb_bridge.names import task_of
from patbench_lib.types import Floats, Role


class MtebEncoder:
    """A system of a study, with the methods that MTEB calls.

    What MTEB says of prompts is not heeded: a card knows its own, by role and task.

    Parameters
    ----------
    view : that a model is fitted to, where it is fitted to a collection (LSA).
    """

    mteb_model_meta: ModelMeta

    def __init__(self, bench: Bench, system: str, arena: Arena, view: View) -> None:
        card = bench.study.card(system)
        if card.kind not in SINGLE_VECTOR:
            raise PatbenchError(
                f"'{system}' is a {card.kind} model, and MTEB is handed models of one vector a text here.",
                todo="`patbench mteb export` writes the results of every system as MTEB's files.",
            )
        self._bench, self._system, self._where = bench, system, (arena, view)
        self.mteb_model_meta = model_meta(card, bench.study)

    def encode(self, inputs: Iterable[Any], *, task_metadata: Any, prompt_type: Any = None, **_: object) -> Floats:
        """Return the vectors of texts that come in batches, shape [n, d].

        Parameters
        ----------
        inputs : batches of MTEB, each with a list of texts under `text`.
        prompt_type : "query" for queries; everything else is read as a document.
        """
        texts = [text for batch in inputs for text in batch["text"]]
        role: Role = "query" if prompt_type is not None and prompt_type.value == "query" else "document"
        encoder = self._bench.encoder(self._system, *self._where, task_of(task_metadata.type))
        return np.asarray(self._bench.encode_texts(encoder, texts, role).vectors, dtype=np.float32)

    def similarity(self, embeddings1: Any, embeddings2: Any) -> torch.Tensor:
        """Return the dot product of every two vectors, shape [n, m]; cards say which vectors have length 1."""
        return _tensor(embeddings1) @ _tensor(embeddings2).T

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> torch.Tensor:
        """Return the dot product of each vector with that in its place, shape [n]."""
        return (_tensor(embeddings1) * _tensor(embeddings2)).sum(-1)


def _tensor(vectors: Any) -> torch.Tensor:
    return torch.as_tensor(vectors, dtype=torch.float32)
