"""What a study file may claim by itself: that one system on one view is better than another on another."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patbench_lib.errors import refuse_twice, unknown_name
from patbench_lib.landscape.views import View

Task = Literal["retrieval", "classification"]


class Side(BaseModel):
    """A system that reads a view."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    system: str
    view: View | None = Field(default=None, description="the leading view where not given")


class OwnClaim(BaseModel):
    """A claim of a study: `a` is better than `b`, by more than `at_least`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^\w[\w.+@-]*$", description="stands beside C1 to C11 in tables and figures")
    says: str = Field(min_length=1, description="the claim in words")
    kind: Literal["compare"] = "compare"
    task: Task = "retrieval"
    measure: str = Field(description="one of the study's measures; of classification micro-F1, macro-F1, …")
    a: Side
    b: Side
    at_least: float = Field(default=0.0, gt=-1, lt=1, description="of the measure, by which a is above b")
    landscape: str | None = Field(default=None, description="the study's own where not given")
    stratum: Literal["ALL", "IN", "OUT"] = Field(default="ALL", description="of the queries")
    label_set: str | None = Field(default=None, description="of classification; the first that can be learnt")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if re.match(r"C\d", self.name):
            raise ValueError(f"claim '{self.name}': names of C and a number are the published study's")
        if self.a == self.b:
            raise ValueError(f"claim '{self.name}' holds a system against itself")
        if self.task == "classification" and self.stratum != "ALL":
            raise ValueError(f"claim '{self.name}': publications that are classified have no stratum")
        if self.task == "retrieval" and self.label_set:
            raise ValueError(f"claim '{self.name}': label_set goes with task: classification")
        return self


def check_own_claims(
    claims: Sequence[OwnClaim],
    *,
    systems: Collection[str],
    vectors: Collection[str],
    views: Collection[str],
    measures: Collection[str],
    classified: Collection[str],
    landscapes: Collection[str],
    label_sets: Collection[str],
) -> None:
    """Refuse claims that name what the study does not have.

    Parameters
    ----------
    systems, vectors : that rank, and those of them with one vector a text, which can be classified by.
    measures, classified : of retrieval, and of classification.

    Raises
    ------
    PatbenchError
        With the nearest name that the study has.
    ValueError
        Where two claims have one name.
    """
    refuse_twice("claims", [claim.name for claim in claims])
    for claim in claims:
        ranked = claim.task == "retrieval"
        asked = [("system", side.system, systems if ranked else vectors) for side in (claim.a, claim.b)]
        asked += [("view", side.view, views) for side in (claim.a, claim.b) if side.view]
        asked.append(("measure", claim.measure, measures if ranked else classified))
        asked += [("landscape", claim.landscape, landscapes)] if claim.landscape else []
        asked += [("label set", claim.label_set, label_sets)] if claim.label_set else []
        for kind, name, valid in asked:
            if name not in valid:
                raise unknown_name(kind, name, valid, where=f"claim '{claim.name}'")
