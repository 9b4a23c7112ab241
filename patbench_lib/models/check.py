"""Hold a loaded model against its card: what silently ruins numbers is looked for, not assumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from patbench_lib.models.card import Card
from patbench_lib.models.encoder import Encoder, load_encoder
from patbench_lib.types import Floats

_TEXTS = (
    "An exoskeleton for the lower limb with a torque sensor at the knee joint.",
    "A hearing aid that filters wind noise by an adaptive beam former.",
    "Wheelchair.",
)
_WORDS = ("a", "cane", "with", "two", "wheels", "and", "one", "sensor", "near", "the", "handle")
# The limit is tested at a length that a CPU can afford; whether the card's own is true is read from the files.
_AFFORDABLE_TOKENS = 512
_TOLERANCE = {"float32": 1e-5, "bfloat16": 2e-2, "float16": 5e-3}


@dataclass(frozen=True)
class Check:
    """One property of a model: what its card says, what the loaded model shows, and whether they agree."""

    name: str
    expected: str
    found: str
    ok: bool


def check_model(card: Card, **load: Any) -> list[Check]:
    """Load `card` and hold the model against it.

    Parameters
    ----------
    card : the card to check.
    load : arguments of `load_encoder`; `max_tokens` is 512 at most where it is not given.

    Returns
    -------
    checks of dimension, normalisation, determinism and, for transformers, pooling, dense layers, prompts and length.

    Raises
    ------
    PatbenchError : where the model cannot be loaded.
    """
    if card.max_tokens is not None:
        load = {"max_tokens": min(card.max_tokens, _AFFORDABLE_TOKENS), **load}
    encoder = load_encoder(card, **load)
    tolerance = _TOLERANCE[load.get("dtype", "float32")]
    checks = [_dimension(encoder), _normalisation(encoder), _determinism(encoder, tolerance)]
    if card.kind == "dense":
        checks += [*_modules(encoder), *_prompts(encoder, load.get("task", "retrieval"), tolerance)]
        checks += [_declared_length(encoder), *_cut_off(encoder, tolerance)]
    return checks


def _dimension(encoder: Encoder) -> Check:
    found = encoder.encode_batch(_TEXTS, "document").shape[1]
    # LSA has no more dimensions than the collection has documents or terms.
    capped = encoder.card.kind == "lsa" and found == encoder.dim
    return Check("dimension", str(encoder.card.dim), str(found), found == encoder.card.dim or capped)


def _normalisation(encoder: Encoder) -> Check:
    lengths = np.linalg.norm(encoder.encode_batch(_TEXTS, "document"), axis=1)
    lengths = lengths[lengths > 0]
    unit = bool(np.allclose(lengths, 1, atol=1e-3))
    return Check(
        "normalisation",
        "vectors of length 1" if encoder.card.normalise else "vectors of any length",
        f"lengths {lengths.min(initial=1):.4f} to {lengths.max(initial=1):.4f}",
        unit == encoder.card.normalise,
    )


def _determinism(encoder: Encoder, tolerance: float) -> Check:
    together = encoder.encode_batch(_TEXTS, "document")
    alone = np.concatenate([encoder.encode_batch([text], "document") for text in _TEXTS])
    apart = max(_distance(together, alone), _distance(together, encoder.encode_batch(_TEXTS, "document")))
    return Check(
        "determinism",
        f"a text has the same vector alone and in a batch, to {tolerance:g}",
        f"largest difference {apart:.1e}",
        apart < tolerance,
    )


def _modules(encoder: Any) -> Iterator[Check]:
    from patbench_lib.models.dense import pooling_of

    card, found = encoder.card, pooling_of(encoder.model)
    if card.pooling is None:
        yield Check("pooling", "not stated on the card", str(found), True)
        return
    mode, _, heads = (found or "not shown by the modules").partition("+")
    yield Check("pooling", str(card.pooling_mode), mode, mode == card.pooling_mode)
    expected = card.pooling.partition("+")[2]
    yield Check("dense head", expected or "none", heads or "none", heads == expected)


def _prompts(encoder: Encoder, task: str, tolerance: float) -> Iterator[Check]:
    card = encoder.card
    bare = card.model_copy(update={"prompts": {}, "task_prompts": {}, "instruction": ""})
    plain = _with_card(encoder, bare)
    for role in ("query", "document"):
        prompt = card.prompt(role, task)
        apart = _distance(encoder.encode_batch(_TEXTS, role), plain.encode_batch(_TEXTS, role))
        expected = f"{prompt!r} changes the vector" if prompt else "none: the vector is the bare text's"
        yield Check(f"{role} prompt", expected, f"difference {apart:.1e}", (apart > tolerance) == bool(prompt))
    differ = card.prompt("query", task) != card.prompt("document", task) or (
        card.encode_task("query", task) != card.encode_task("document", task)
    )
    apart = _distance(encoder.encode_batch(_TEXTS, "query"), encoder.encode_batch(_TEXTS, "document"))
    expected = "differ" if differ else "are the same"
    yield Check("roles", f"query and document {expected}", f"difference {apart:.1e}", (apart > tolerance) == differ)


def _declared_length(encoder: Any) -> Check:
    says, declared = encoder.card.max_tokens, encoder.declared_max_tokens
    # A card may ask for less than the model can read, never for more.
    agrees = declared is None or (says is not None and says <= declared)
    return Check("maximum length", f"{says} tokens", f"the model's files allow {declared or 'any'}", agrees)


def _cut_off(encoder: Encoder, tolerance: float) -> Iterator[Check]:
    limit = encoder.max_tokens
    if limit is None:
        return
    full = _words(limit)
    apart = _distance(encoder.encode_batch([full], "query"), encoder.encode_batch([f"{full} lamp"], "query"))
    yield Check(
        "beyond the limit",
        f"what follows token {limit} changes nothing",
        f"difference {apart:.1e}",
        apart < tolerance,
    )
    half = limit // 2
    while half and encoder.count_tokens([_words(half)], "query")[0] > limit - 4:
        half //= 2
    inside = _words(half)
    apart = _distance(encoder.encode_batch([inside], "query"), encoder.encode_batch([f"{inside} lamp"], "query"))
    yield Check("within the limit", "every word counts", f"difference {apart:.1e}", apart > 0)


def _words(count: int) -> str:
    return " ".join(_WORDS[position % len(_WORDS)] for position in range(count))


def _with_card(encoder: Any, card: Card) -> Encoder:
    from dataclasses import replace

    changed: Encoder = replace(encoder, card=card)
    return changed


def _distance(one: Floats, other: Floats) -> float:
    return float(np.abs(one - other).max())
