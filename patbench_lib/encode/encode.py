"""Encoding texts through the store: what is there is taken, what is missing is computed, shard by shard."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from patbench_lib.encode.batches import batches
from patbench_lib.encode.key import store_key, text_hashes
from patbench_lib.encode.store import ShardFolder, V, VectorFolder
from patbench_lib.models.deferred import loaded
from patbench_lib.models.encoder import Encoder
from patbench_lib.types import Floats, Ints, Role


class Reading:
    """How much of each text a model read.

    Attributes
    ----------
    tokens : tokens of each text before truncation, prompt and special tokens included, shape [n].
    limit : tokens the model reads at most, None for no limit.
    store : folder of the store that holds the vectors.
    """

    tokens: Ints
    limit: int | None
    store: str

    @property
    def truncated(self) -> float:
        """Share of texts of which the model did not read the end."""
        return 0.0 if self.limit is None else float((self.tokens > self.limit).mean())

    @property
    def read(self) -> float:
        """Share of all tokens that the model read."""
        if self.limit is None:
            return 1.0
        return float(self.tokens.clip(max=self.limit).sum() / max(int(self.tokens.sum()), 1))

    def described(self, queries: Reading) -> dict[str, Any]:
        """Return what a run says of how its documents were read, and of the stores of documents and queries."""
        return {
            "limit": self.limit,
            "truncated": self.truncated,
            "read": self.read,
            "tokens": float(self.tokens.mean()),
            "stores": sorted({self.store, queries.store}),
        }


@dataclass(frozen=True)
class Encoded(Reading):
    """Vectors of texts and how much of each text the model read.

    Attributes
    ----------
    vectors : shape [n, d], in the order of the texts.
    tokens, limit, store : as in `Reading`.
    """

    vectors: Floats
    tokens: Ints
    limit: int | None
    store: str


def encode(
    encoder: Encoder,
    texts: Sequence[str],
    role: Role,
    store: Path,
    *,
    compute: str = "float32",
    dtype: str = "float32",
    batch_tokens: int = 4096,
    shard_size: int = 512,
    progress: bool = True,
) -> Encoded:
    """Return vectors of texts from the store, first encoding those it lacks.

    Equal texts are encoded once. Shards are cut from the missing texts in their order of first appearance, so a run
    that was killed goes on at the first missing shard and makes the same batches, hence the same vectors.

    Parameters
    ----------
    compute, dtype : number type the encoder runs in, and that of the stored vectors.
    batch_tokens : tokens of a batch, padding included.
    shard_size : texts that are encoded between two writes: what a killed run loses.

    Raises
    ------
    PatbenchError
        Where the store cannot be written.
    """
    folder = VectorFolder(store, store_key(encoder, role, compute=compute, dtype=dtype))
    fill(
        folder,
        texts,
        lambda shard, bar: _encode_shard(encoder, shard, role, batch_tokens, bar),
        device=lambda: getattr(loaded(encoder), "device", "cpu"),
        shard_size=shard_size,
        progress=progress,
    )
    vectors, tokens = folder.gather(texts)
    return Encoded(vectors, tokens, encoder.max_tokens, folder.key.name)


def fill(
    folder: ShardFolder[V],
    texts: Sequence[str],
    read: Callable[[Sequence[str], Bar], tuple[V, Ints]],
    *,
    device: Callable[[], str],
    shard_size: int,
    progress: bool,
) -> None:
    """Add to a folder what it lacks of some texts, shard by shard.

    Parameters
    ----------
    read : encodes the texts of a shard; returns their vectors, and the tokens of each before truncation.
    device : tells where, once something was read: asking may load the model.
    """
    distinct = list(dict.fromkeys(texts))
    hashes = text_hashes(distinct)
    bar = None
    try:
        while len(missing := folder.missing(hashes)):
            bar = bar or Bar(folder.key.model, len(missing), shown=progress)
            with folder.lock():
                missing = folder.missing(hashes)  # another process may have filled the store meanwhile
                shard = [distinct[position] for position in missing[:shard_size]]
                if shard:
                    began = time.perf_counter()
                    vectors, tokens = read(shard, bar)
                    seconds = time.perf_counter() - began
                    folder.add(shard, vectors, tokens, seconds=seconds, device=device())
    finally:
        if bar:
            bar.close()


def _encode_shard(encoder: Encoder, texts: Sequence[str], role: Role, budget: int, bar: Bar) -> tuple[Floats, Ints]:
    tokens = encoder.count_tokens(texts, role)
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    for positions in batches(tokens, limit=encoder.max_tokens, budget=budget):
        vectors[positions] = encoder.encode_batch([texts[position] for position in positions], role)
        bar.step(len(positions), int(tokens[positions].sum()))
    return vectors, tokens


class Bar:
    """Progress with rate and remaining time."""

    def __init__(self, name: str, texts: int, *, shown: bool) -> None:
        from tqdm.auto import tqdm

        self._bar = tqdm(total=texts, desc=f"encode {name}", unit="text", disable=not shown, mininterval=2.0)
        self._tokens, self._began = 0, time.perf_counter()

    def step(self, texts: int, tokens: int) -> None:
        """Count texts as done, with their tokens."""
        self._tokens += tokens
        rate = self._tokens / max(time.perf_counter() - self._began, 1e-9)
        self._bar.set_postfix_str(f"{rate:,.0f} tokens/s", refresh=False)
        self._bar.update(texts)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._bar.close()
