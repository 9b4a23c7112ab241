"""What every loader asks before it loads: this number type, this code, which device."""

from __future__ import annotations

from collections.abc import Collection

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card


def check_dtype(card: Card, dtype: str) -> None:
    """Raise PatbenchError where the card does not allow `dtype`."""
    if dtype not in card.dtypes:
        raise PatbenchError(
            f"'{card.name}' is not run in {dtype}.",
            why=f"Its card allows {', '.join(card.dtypes)}.",
            todo=f"Set dtype to {card.dtypes[0]}.",
        )


def trust_code(card: Card, allowed: Collection[str]) -> bool:
    """Return whether the model's own Python code is to run.

    Raises
    ------
    PatbenchError : where the model needs its code and is not among the `allowed` names.
    """
    if card.remote_code and card.name not in allowed:
        raise PatbenchError(
            f"'{card.name}' runs Python code from its repository, {card.hf_id or card.path}.",
            why="Code from a model's repository can do anything on this machine: it is run only where allowed by name.",
            todo=f"Read that code; then add '{card.name}' to `allow_remote_code` in the study.",
        )
    return card.remote_code


def pick_device(device: str) -> str:
    """Return the torch device that `device` means; "auto" is a GPU where there is one."""
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
