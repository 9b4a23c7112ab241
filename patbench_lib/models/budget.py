"""What running models costs: operations, hours, bytes and money, from a card and the tokens that it reads."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from patbench_lib.models.card import Card

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class Budget(BaseModel):
    """A landscape of another size, and the machines that would take it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    patents: StrictInt = Field(default=113_148, ge=1, description="of the published study")
    queries: StrictInt = Field(default=46_069, ge=1, description="of the published study")
    tflops: Positive = Field(default=990, description="of a GPU at its peak: an H100 or H200 in bfloat16")
    utilisation: Share = Field(default=0.35, description="share of the peak that encoding reaches")
    price: Positive = Field(default=3.0, description="of an hour of the GPU")
    currency: str = Field(default="USD", min_length=1)
    largest: StrictInt = Field(default=100_000_000, ge=1, description="patents of the plan on paper")
    node_gb: Positive = Field(default=256, description="memory of a machine of that plan, in gigabytes")
    node_gbps: Positive = Field(default=100, description="gigabytes that such a machine reads of it in a second")


def forward_hours(card: Card, tokens: float, budget: Budget) -> float:
    """Return GPU-hours of reading tokens once.

    2 operations a parameter and token, as Kaplan et al., Scaling Laws for Neural Language Models (arXiv:2001.08361),
    count them: attention over long texts is left out, and embeddings, which take none, are counted. nan where the
    card does not know the parameters.
    """
    operations = 2e6 * (card.params_m or float("nan")) * tokens
    return operations / (budget.tflops * 1e12 * budget.utilisation) / 3600


def training_hours(card: Card, tokens: float, budget: Budget) -> float:
    """Return GPU-hours of learning from tokens once: a pass back takes twice a pass forward (the same source)."""
    return 3 * forward_hours(card, tokens, budget)


def vectors_gb(card: Card, texts: int, tokens: float, bytes_each: int) -> float:
    """Return gigabytes of the vectors of some texts; a late-interaction model keeps one for each token.

    Parameters
    ----------
    tokens : that the model reads of a text, on average.
    bytes_each : of a number.
    """
    each = tokens if card.kind == "late-interaction" else 1.0
    return texts * each * (card.dim or 0) * bytes_each / 1e9
