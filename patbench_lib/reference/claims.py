"""The statements of `claims.yaml`: what the published study claims, what is measured, and the rule that decides."""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from patbench_lib.evaluate.claims import Rule, Scope

Unit = Literal["score", "share", "correlation"]


class Statement(BaseModel):
    """One statement that is judged by one rule.

    Parameters
    ----------
    title : a few words for figures.
    says : the statement, in this compendium's words.
    certainty : S stated by the paper's abstract, F read off a part of it, I inferred, O another public source, own for
        a statement of the study file.
    evidence, about : which function of `bench.claims` measures its parts, and what of.
    effect : what is measured, in words.
    unit : of the effect: a difference of scores, a share, a correlation.
    scope, least, most : how many parts lie in which range where the statement is true.
    published : the value that was published, or the ends of its range.
    caution : what is to be borne in mind with the verdict.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    says: str = Field(min_length=1)
    certainty: Literal["S", "F", "I", "O", "own"]
    evidence: str
    about: dict[str, Any] = {}
    effect: str = Field(min_length=1)
    unit: Unit
    scope: Scope
    least: float = -math.inf
    most: float = math.inf
    published: tuple[float, ...] = Field(default=(), max_length=2)
    caution: str = ""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if not self.rule.ends or self.least >= self.most:
            raise ValueError("a statement says what its effects lie above or below: `least`, `most`, or both in order")
        return self

    @property
    def rule(self) -> Rule:
        """The rule that decides."""
        return Rule(self.scope, self.least, self.most)


@cache
def statements() -> dict[str, Statement]:
    """Return the published study's statements, by their name: C1a, C1b, C2a, ..."""
    content = yaml.safe_load(files("patbench_lib.reference").joinpath("claims.yaml").read_text("utf-8"))
    return {name: Statement.model_validate(fields) for name, fields in content.items()}
