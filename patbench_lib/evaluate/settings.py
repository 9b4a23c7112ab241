"""What a study says of intervals and tests, and of offices."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator


class Statistics(BaseModel):
    """Intervals and tests."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: float = Field(default=0.95, gt=0.5, lt=1, description="of intervals; tests are at 1 - level")
    resamples: StrictInt = Field(default=2000, ge=100, description="bootstrap resamples of families")
    permutations: StrictInt = Field(default=10_000, ge=100, description="sign flips of the paired randomisation test")


class Jurisdictions(BaseModel):
    """Retrieval by patent office."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    offices: tuple[str, ...] = Field(
        default=("US", "EP", "WO", "CN", "JP", "KR", "DE"), min_length=1, description="all others are one: other"
    )
    translated: tuple[str, ...] = Field(
        default=("CN", "JP", "KR"), description="offices whose texts are machine translations"
    )
    min_queries: StrictInt = Field(default=20, ge=2, description="a mean over fewer queries is not shown")
    systems: tuple[str, ...] = Field(default=(), description="of the study's systems; none: all of them")
    period: StrictInt = Field(default=10, ge=1, description="years of a period that queries are compared within")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(set(self.offices)) < len(self.offices):
            raise ValueError("offices names one twice")
        if unknown := [name for name in self.translated if name not in self.offices]:
            raise ValueError(f"translated names {', '.join(unknown)}, not one of offices: {', '.join(self.offices)}")
        return self
