"""What a training will need, told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_BYTES = 4
_ADAM_STATES = 2
_BACKWARD = 2.0
# Bytes a second that an optimiser step moves; the orders of magnitude of a CPU's and a GPU's memory.
_BANDWIDTH = {"cpu": 5e9, "gpu": 1e12}


@dataclass(frozen=True)
class Estimate:
    """Memory in bytes and time in seconds of a training; memory is that of one process, without batches of text.

    Attributes
    ----------
    parameters, trained : how many weights the model has, and how many of them are trained.
    weights, gradients, optimiser : bytes of the weights in single precision, of their gradients, of AdamW's two states.
    activations : bytes of a mini-batch of the longest texts between forward and backward pass.
    steps, tokens : optimiser steps, and tokens that are read in them.
    seconds : None where no rate is known.
    """

    parameters: int
    trained: int
    weights: int
    gradients: int
    optimiser: int
    activations: int
    steps: int
    tokens: int
    seconds: float | None

    @property
    def memory(self) -> int:
        """Bytes of all together."""
        return self.weights + self.gradients + self.optimiser + self.activations

    def __str__(self) -> str:
        """Say it in two sentences."""
        parts = ", ".join(
            f"{name} {_mb(size)}"
            for name, size in (
                ("weights", self.weights),
                ("gradients", self.gradients),
                ("AdamW", self.optimiser),
                ("activations", self.activations),
            )
        )
        time = "" if self.seconds is None else f", about {_duration(self.seconds)}"
        return (
            f"{self.trained / 1e6:.1f} of {self.parameters / 1e6:.1f} million weights are trained: about "
            f"{_mb(self.memory)} of memory ({parts}). {self.steps} steps over {self.tokens:,} tokens{time}."
        )


def estimate(
    *,
    parameters: int,
    trained: int,
    shape: tuple[int, int] | None,
    longest: int,
    held: int,
    cached: bool,
    half: bool,
    steps: int,
    tokens: int,
    looked: int,
    rate: float | None,
    device: str,
) -> Estimate:
    """Estimate a training with AdamW in single precision or mixed with half.

    Parameters
    ----------
    shape : layers and hidden size of the transformer; None for a static model, which keeps no activations.
    longest : tokens of the longest text as it is read.
    held : texts whose activations are in memory at once.
    cached : whether gradients are cached, so that each text goes forward twice.
    half : whether activations are held in 16 bits.
    steps, tokens : of the whole training.
    looked : tokens read in all looks at the development queries.
    rate : tokens a second of a forward pass, measured on this machine or stated; None where it is not known.

    Returns
    -------
    Activations are 34 bytes per token, layer and hidden dimension in half precision (Korthikanti et al. 2022,
    arXiv:2205.05198, equation 1, without attention scores, which are not kept), twice that in single. A
    backward pass costs two forward passes.
    """
    layers, hidden = shape or (0, 0)
    seconds = None
    if rate is not None:
        # A step reads and writes weights and both states, and reads gradients.
        moved = trained * _BYTES * (2 * _ADAM_STATES + 3)
        bandwidth = _BANDWIDTH["cpu" if device == "cpu" else "gpu"]
        passes = (2 if cached else 1) + _BACKWARD
        seconds = (tokens * passes + looked) / rate + steps * moved / bandwidth
    return Estimate(
        parameters=parameters,
        trained=trained,
        weights=parameters * _BYTES,
        gradients=trained * _BYTES,
        optimiser=trained * _BYTES * _ADAM_STATES,
        activations=34 * layers * hidden * longest * held * (1 if half else 2),
        steps=steps,
        tokens=tokens,
        seconds=seconds,
    )


def count_weights(model: Any) -> tuple[int, int]:
    """Return how many weights a PyTorch model has, and how many of them are trained."""
    weights = list(model.parameters())
    return sum(weight.numel() for weight in weights), sum(weight.numel() for weight in weights if weight.requires_grad)


def _mb(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
