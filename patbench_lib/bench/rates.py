"""How fast models encode, as told by what each shard of their stores says of its making."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.readings import reading_of
from patbench_lib.encode.key import store_key, text_hashes
from patbench_lib.encode.store import VectorFolder, shards_made
from patbench_lib.models.encoder import Encoder

RATES = ["texts", "tokens_read", "seconds", "device", "tokens_per_second", "texts_per_second"]


def encoding_rate(bench: Bench, reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return how fast a system encoded; empty where nothing says how long it took.

    A store holds texts of other views and studies too, and which ones differs by system. So tokens a second are taken
    over all that it holds, and texts a second are these, divided by the tokens that the model read of a document.

    Parameters
    ----------
    reading : what the bench says of the documents of one view.

    Returns
    -------
    dict
        texts, tokens_read, seconds, device: of all that the stores hold; tokens_per_second; texts_per_second, of
        documents of the view.
    """
    shards = [shard for store in reading["stores"] for shard in shards_made(bench.paths.embeddings / store)]
    total = {name: sum(shard[name] for shard in shards) for name in ("texts", "tokens_read", "seconds")}
    each = reading["tokens"] * reading["read"]
    if not (total["seconds"] and each):
        return {}
    rate = total["tokens_read"] / total["seconds"]
    devices = ", ".join(sorted({shard["device"] for shard in shards}))
    return {**total, "device": devices, "tokens_per_second": rate, "texts_per_second": rate / each}


def encoding_rates(bench: Bench) -> pd.DataFrame:
    """Return how fast each system of the study encoded, as `encoding_rate` tells it of the leading view.

    Returns
    -------
    pandas.DataFrame
        system, kind, and the columns of `RATES`; no row for a system that encodes nothing.
    """
    rows = []
    for system in bench.study.systems:
        reading = reading_of(bench, system, bench.arena.views[0])
        if rate := encoding_rate(bench, reading) if "stores" in reading else {}:
            rows.append({"system": system, "kind": bench.study.card(system).kind, **rate})
    return pd.DataFrame(rows, columns=["system", "kind", *RATES])


def encoding_seconds(bench: Bench, encoder: Encoder, texts: Sequence[str]) -> float:
    """Return what encoding some documents took: of each shard that holds some, their share by tokens read."""
    settings, limit = bench.study.encoding, encoder.max_tokens
    key = store_key(encoder, "document", compute=settings.compute, dtype=settings.dtype)
    folder = VectorFolder(bench.paths.embeddings, key)
    index = folder.index()
    found = np.unique(index.find(text_hashes(texts)))
    shards = dict(zip(folder.shards(), shards_made(folder.folder), strict=True))
    rates = {number: made["seconds"] / max(made["tokens_read"], 1) for number, made in shards.items()}
    tokens = index.tokens[found] if limit is None else index.tokens[found].clip(max=limit)
    return float(sum(rates[number] * n for number, n in zip(index.shard[found].tolist(), tokens, strict=True)))
