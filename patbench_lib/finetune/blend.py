"""A model half-way between its untrained and its trained weights: a remedy against loss elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.folder import found_tuned, save_tuned, training_of, tuned_card
from patbench_lib.finetune.trainable import load_whole
from patbench_lib.models.card import Card

_NAMED = 3


def blend(
    base: Card,
    tuned: Path,
    share: float,
    folder: Path,
    *,
    name: str,
    key: str,
    allow_remote_code: Collection[str] = (),
) -> Card:
    """Save a model with weights (1 - share) · untrained + share · trained, or find it saved.

    Source: Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903, equation 1.

    Parameters
    ----------
    base : card of the untrained model.
    tuned : folder of the trained one.
    share : of the trained weights, from 0 (the untrained model) to 1 (the trained one).
    folder : where to; what is there of another key is replaced.
    name : what studies call the model.
    key : changes with all that changes the result.

    Returns
    -------
    the card of the model; its folder tells what the trained one's tells of its training, and the share as `blend`.

    Raises
    ------
    PatbenchError
        Where the share is not between 0 and 1, or the two models do not have the same weights.
    """
    if (kept := found_tuned(folder, key)) is not None:
        return kept
    if not 0 <= share <= 1:
        raise PatbenchError(f"A share of {share} of the trained weights is none.", todo="Give one from 0 to 1.")
    trainable = load_whole(base, device="cpu", allow_remote_code=allow_remote_code)
    card = tuned_card(tuned)
    allowed = {*allow_remote_code, *([card.name] if base.name in allow_remote_code else [])}  # it runs the same code
    other = load_whole(card, device="cpu", allow_remote_code=allowed)
    untrained, trained = trainable.model.state_dict(), other.model.state_dict()
    _check_alike(untrained, trained, base, tuned)
    mixed = {each: _between(weight, trained[each], share) for each, weight in untrained.items()}
    trainable.model.load_state_dict(mixed)
    about = {**training_of(tuned), "blend": share, "key": key}
    return save_tuned(trainable.finished(), base, folder, name=name, about=about)


def _between(untrained: Any, trained: Any, share: float) -> Any:
    """Return one tensor; whole numbers, as of positions, are the same in both."""
    return untrained.lerp(trained, share) if untrained.is_floating_point() else untrained


def _check_alike(untrained: Mapping[str, Any], trained: Mapping[str, Any], base: Card, tuned: Path) -> None:
    one, other = ({name: tuple(weight.shape) for name, weight in side.items()} for side in (untrained, trained))
    if differing := [name for name in sorted({*one, *other}) if one.get(name) != other.get(name)]:
        shown = "; ".join(
            f"{name}: {one.get(name, 'not there')} and {other.get(name, 'not there')}" for name in differing[:_NAMED]
        )
        raise PatbenchError(
            f"'{base.name}' cannot be blended with {tuned}: their weights are not of the same shapes.",
            why=f"{len(differing):,} differ ({shown}{'; …' if len(differing) > _NAMED else ''}).",
            todo="Blend a model with what it was tuned to.",
        )
