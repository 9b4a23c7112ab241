"""What a study says of intervals and tests."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, StrictInt


class Statistics(BaseModel):
    """Intervals and tests."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: float = Field(default=0.95, gt=0.5, lt=1, description="of intervals; tests are at 1 - level")
    resamples: StrictInt = Field(default=2000, ge=100, description="bootstrap resamples of families")
    permutations: StrictInt = Field(default=10_000, ge=100, description="sign flips of the paired randomisation test")
