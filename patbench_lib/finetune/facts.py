"""What the folder of a tuned model tells of its training: facts that hold before it, and what came of it."""

from __future__ import annotations

from typing import Any

from patbench_lib.finetune.pairs import Pairs
from patbench_lib.finetune.settings import Finetuning
from patbench_lib.finetune.trainable import learning_rate, uses_lora
from patbench_lib.finetune.trainer import METRIC
from patbench_lib.models.card import Card

_DIGITS = 6
_TOLD = {"protocol", "temperature", "warmup", "epochs", "batch", "precision", "hard_negatives"}


def about(card: Card, pairs: Pairs, landscape: str, settings: Finetuning, *, seed: int, key: str) -> dict[str, Any]:
    """Return what is known of a training before it starts: base, recipe, landscape, pairs, seed and settings."""
    static = card.kind == "static"
    return {
        "base": card.name,
        "recipe": pairs.recipe,
        "landscape": landscape,
        "pairs": {str(signal): int((pairs.signals == signal).sum()) for signal in dict.fromkeys(pairs.signals)},
        "seed": seed,
        "learning_rate": learning_rate(card, settings),
        **settings.model_dump(mode="json", include=_TOLD),
        "max_tokens": None if static else settings.max_tokens,
        "lora_rank": settings.lora.rank if uses_lora(card, settings.lora) else None,
        "key": key,
    }


def outcome(state: Any, seconds: float) -> dict[str, Any]:
    """Return steps, losses and development scores of a training that has ended.

    Parameters
    ----------
    state : the trainer's.
    seconds : since its last start.
    """
    losses, scores = _series(state, "loss"), _series(state, f"eval_{METRIC}")
    return {
        "steps": int(state.global_step),
        "losses": losses,
        "development_ndcg10": scores,
        **({"best_step": max(scores, key=lambda step: scores[step])} if scores else {}),
        "seconds": round(seconds, 1),
    }


def _series(state: Any, name: str) -> dict[int, float]:
    """Return a logged number by step."""
    return {int(entry["step"]): round(float(entry[name]), _DIGITS) for entry in state.log_history if name in entry}
