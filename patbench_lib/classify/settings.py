"""What a study says of multi-label classification."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from patbench_lib.errors import refuse_twice

Baseline = Literal["prior", "BM25-kNN", "TF-IDF"]
"""Classifiers that need no embedding: each label's frequency, neighbours by BM25, a probe on weighted words."""

Share = Annotated[float, Field(gt=0, lt=1)]


class Classification(BaseModel):
    """Labels predicted from frozen embeddings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    split: Literal["stratified", "date"] = Field(
        default="stratified", description="by iterative stratification over families, or the latest families as test"
    )
    validation: Share = Field(default=0.2, description="share of families that strength and thresholds are chosen on")
    test: Share = Field(default=0.2, description="share of families that everything is reported on")
    repeats: StrictInt = Field(default=3, ge=1, description="splits, each of a seed of its own; one for a date split")
    strengths: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(0.1, 1.0, 10.0, 100.0, 1000.0), min_length=1, description="inverse regularisation C that is tried"
    )
    standardise: bool = Field(
        default=False, description="bring vectors to mean 0 and deviation 1 over training; MTEB leaves them as they are"
    )
    threshold: Literal["fixed", "tuned"] = Field(default="tuned", description="0.5, or by label on validation")
    neighbours: StrictInt = Field(default=5, ge=1, description="k of both kNN classifiers; MTEB's protocol has 5")
    baselines: tuple[Baseline, ...] = Field(default=("prior", "BM25-kNN", "TF-IDF"), min_length=1)
    baseline: Baseline = Field(default="TF-IDF", description="the classifier that all others are tested against")
    curve: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        default=(0.1, 0.25, 0.5, 1.0), min_length=1, description="shares of the training families of a learning curve"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for field in ("strengths", "baselines", "curve"):
            refuse_twice(field, getattr(self, field))
        if self.validation + self.test >= 1:
            raise ValueError(f"validation {self.validation} and test {self.test} leave nothing to train on")
        if self.baseline not in self.baselines:
            raise ValueError(f"baseline '{self.baseline}' is not one of baselines: {', '.join(self.baselines)}")
        return self
