"""L-BFGS for many logistic regressions over the same features at once.

Each label has its own direction, step length and memory of curvature, as if it were fitted alone; the matrix products,
one of the features and one of their transpose a step, are made for all unfinished labels together. Along a direction
the log-odds change linearly, so that the search for a step length needs no product at all.

Nocedal and Wright, *Numerical Optimization*, 2nd ed. (2006), algorithm 7.4; a step is taken where the slope has shrunk
enough, which is a Wolfe condition that rounding of the loss cannot spoil (Hager and Zhang, SIAM J. Optim. 16, 2005).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patbench_lib.classify.design import Design

if TYPE_CHECKING:
    import torch

MEMORY = 10
"""Steps whose change of gradient is remembered."""

SLOPE = 0.5
"""A step is long enough where the slope along it has shrunk to this share of the slope at its start."""

TRIALS = 15
"""Step lengths tried at most."""

SHRINK = 7 / 8
"""Finished labels are put aside once no more than this share is left: doing so copies all that is kept."""

ROWS = 4096
"""Texts that are gone over at a time: what is done to each number of theirs then stays in the processor's cache."""


@dataclass
class Solution:
    """Parameters [r + 1, L] of each label, intercept last, and the steps it took [L], `steps` where unfinished."""

    parameters: torch.Tensor
    steps: torch.Tensor
    finished: torch.Tensor


@dataclass
class _State:
    """What is kept of the labels being fitted; the last axis of each tensor is the label."""

    label: torch.Tensor
    away: torch.Tensor
    parameters: torch.Tensor
    margins: torch.Tensor
    residual: torch.Tensor
    gradient: torch.Tensor
    changes: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = field(default_factory=list)

    def only(self, kept: torch.Tensor) -> _State:
        return _State(
            self.label[kept],
            self.away[:, kept],
            self.parameters[:, kept],
            self.margins[:, kept],
            self.residual[:, kept],
            self.gradient[:, kept],
            [(moved[:, kept], change[:, kept], rho[kept]) for moved, change, rho in self.changes],
        )


def solve(
    design: Design, target: torch.Tensor, start: torch.Tensor, strength: float, *, tolerance: float, steps: int
) -> Solution:
    """Minimise, for each label, Σ log(1 + exp(-y z)) + ‖w‖² / 2C over weights w and intercept, with log-odds z.

    Parameters
    ----------
    target : 1 for a text that has the label, else 0, shape [n, L]; each label has both.
    start : parameters [r + 1, L].
    strength : C.
    tolerance : a label is finished where √(gᵀ H⁻¹ g), with the gradient g and an estimate of the diagonal of the
        curvature H, is at most this. Were H exact, its weights would be no further than this from the optimal ones:
        nor the log-odds of any text whose features have length 1, nor, by p (1 - p), its probability.
    steps : at most so many.
    """
    import torch

    # The objective is divided by C, so that it has the scale of the residuals.
    penalty = torch.full((len(design.squares) + 1, 1), 1 / strength, device=target.device)
    penalty[-1] = 0
    squares = torch.cat([design.squares, target.new_tensor([float(len(target))])])[:, None]
    solution = Solution(
        start.clone(),
        torch.full((target.shape[1],), steps, device=target.device),
        torch.zeros(target.shape[1], dtype=torch.bool, device=target.device),
    )
    margins = design.margins(start)
    away = 1 - 2 * target
    residual = _residual(away, margins.clone())
    label = torch.arange(target.shape[1], device=target.device)
    state = _State(label, away, start, margins, residual, gradient(design, residual, start, penalty))
    for step in range(steps + 1):
        spread = _spread(state.residual).clamp_min_(1e-9)
        inverse = 1 / (spread * squares + penalty)
        open_ = (state.gradient.square() * inverse).sum(0).sqrt() > tolerance / strength**0.5
        solution.parameters[:, state.label] = state.parameters
        newly = state.label[~open_ & ~solution.finished[state.label]]
        solution.steps[newly], solution.finished[newly] = step, True
        if not open_.any() or step == steps:
            break
        if open_.sum() <= SHRINK * len(open_):
            state, inverse = state.only(open_), inverse[:, open_]
        _advance(design, state, inverse, penalty)
    return solution


def gradient(design: Design, residual: torch.Tensor, parameters: torch.Tensor, penalty: torch.Tensor) -> torch.Tensor:
    """Return the gradient [r + 1, L]: Xᵀ (p - y) + penalty · parameters."""
    return design.back(residual).addcmul_(penalty, parameters)


def _spread(residual: torch.Tensor) -> torch.Tensor:
    """Return the mean of p (1 - p) of each label [L]: a residual is p or p - 1."""
    import torch

    total = torch.zeros_like(residual[0])
    for part in torch.split(residual, ROWS):
        far = part.abs()
        total += far.mul_(1 - far).sum(0)
    return total / len(residual)


def _residual(away: torch.Tensor, margins: torch.Tensor) -> torch.Tensor:
    """Overwrite log-odds z with p - y; `away` is -1 where y is 1, and 1 where it is 0.

    Taking y from p would round small differences off: where classes are far apart they are all that is left.
    """
    return margins.mul_(away).sigmoid_().mul_(away)


def _advance(design: Design, state: _State, inverse: torch.Tensor, penalty: torch.Tensor) -> None:
    """Take one step with each label."""
    import torch

    direction = _direction(state, inverse)
    along = design.margins(direction)
    pull = (penalty * state.parameters * direction).sum(0)
    stiffness = (penalty * direction.square()).sum(0)
    length = _search(state, along, pull, stiffness)
    moved = length * direction
    state.parameters = state.parameters + moved
    state.margins.addcmul_(along, length)
    before, state.gradient = state.gradient, gradient(design, state.residual, state.parameters, penalty)
    change = state.gradient - before
    product = (moved * change).sum(0)
    rho = torch.where(product > 0, 1 / product, 0.0)  # a pair without curvature says nothing and is passed over
    state.changes = [*state.changes[1 - MEMORY :], (moved, change, rho)]


def _direction(state: _State, inverse: torch.Tensor) -> torch.Tensor:
    """Return the two-loop recursion's direction [r + 1, L], or the scaled gradient's where rounding turns it uphill."""
    import torch

    direction = state.gradient.neg()
    shares = []
    for moved, change, rho in reversed(state.changes):
        shares.append(rho * (moved * direction).sum(0))
        direction.addcmul_(change, shares[-1], value=-1)
    direction *= inverse
    for (moved, change, rho), share in zip(state.changes, reversed(shares), strict=True):
        direction.addcmul_(moved, share - rho * (change * direction).sum(0))
    downhill = (direction * state.gradient).sum(0) < 0
    return torch.where(downhill, direction, -inverse * state.gradient)


def _search(state: _State, along: torch.Tensor, pull: torch.Tensor, stiffness: torch.Tensor) -> torch.Tensor:
    """Return each label's step length [L], and leave the residual there in the state.

    The loss along a direction is convex, so its slope grows: lengths are bracketed by the sign of the slope, and the
    next one is where a straight line through two slopes is zero. One that was not found ends on the falling side.
    """
    import torch

    split = (torch.split(each, ROWS) for each in (state.residual, along, state.margins, state.away))
    parts = list(zip(*split, strict=True))

    def slope_at(length: torch.Tensor) -> torch.Tensor:
        slope = torch.zeros_like(length)
        for residual, part, margins, away in parts:
            torch.mul(part, length, out=residual)
            _residual(away, residual.add_(margins))
            slope += (residual * part).sum(0)
        return slope + pull + length * stiffness

    first = torch.stack([(residual * part).sum(0) for residual, part, _, _ in parts]).sum(0) + pull
    length = torch.ones_like(first)
    low, low_slope = torch.zeros_like(first), first
    high, high_slope = torch.full_like(first, torch.inf), torch.zeros_like(first)
    for _ in range(TRIALS):
        slope = slope_at(length)
        found = slope.abs() <= SLOPE * first.abs()
        if found.all():
            return length
        falling = slope < 0
        beyond = torch.where(slope > low_slope, length - slope * (length - low) / (slope - low_slope), torch.inf)
        beyond = torch.minimum(torch.maximum(beyond, 1.5 * length), 4 * length)
        low, low_slope = torch.where(falling, length, low), torch.where(falling, slope, low_slope)
        high, high_slope = torch.where(falling, high, length), torch.where(falling, high_slope, slope)
        width = high - low
        inside = low - low_slope * width / (high_slope - low_slope)
        inside = torch.minimum(torch.maximum(inside, low + 0.1 * width), high - 0.1 * width)
        length = torch.where(found, length, torch.where(high.isinf(), beyond, inside))
    length = torch.where(found, length, low)
    slope_at(length)
    return length
