"""The expected numbers of `expected.yaml`, a row for each, with all that is needed to compute it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from patbench_lib.errors import PatbenchError, nearest

Origin = Literal["published", "ours"]
Certainty = Literal["S", "F", "I", "O", "M"]
Way = Literal["retrieval", "rerank", "mteb", "cited"]

CLOSE = 0.0005
"""How far a value may lie from the expected one where its group states no tolerance, after Pyserini's reproductions."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(_Closed):
    """The data that a number was measured on.

    Parameters
    ----------
    path : file or folder, relative to the compendium's folder; empty where they are generated or MTEB's.
    task : MTEB's name of the task that brings the data.
    get : how one comes by them.
    """

    name: str
    revision: str = "not stated"
    path: str = ""
    task: str = ""
    get: str = ""


class Column(_Closed):
    """What sets one column of a group's values apart from the others."""

    view: str = ""
    stratum: Literal["ALL", "IN", "OUT"] = "ALL"
    reranked: bool = False
    certainty: Certainty | None = None


class Group(_Closed):
    """Numbers of one source, measured in one way.

    Parameters
    ----------
    certainty : S stated by the paper's abstract, F read off a part of it, I inferred, O another public source, M
        measured here.
    protocol, unknown : how the numbers are made, and what of it is not known and decided by this compendium.
    way : what computes them; "cited" where nothing here can, for the reason that `why` says.
    tolerance : how far a value may lie from the expected one, where the protocol leaves more open than `CLOSE`.
    queries : how many a run must have judged.
    study : fields of the study that computes the numbers; systems, views and measures come from the row.
    unprompted : names of systems that are a model of the registry without its prompts, and which.
    widths, titles : of truncated vectors: dimensions of the narrowest and widest model, and what they are called.
    """

    about: str
    origin: Origin
    source: str = Field(min_length=1)
    certainty: Certainty
    measure: str
    data: Data
    protocol: str = ""
    unknown: str = ""
    way: Way
    why: str = ""
    tolerance: float = Field(default=CLOSE, ge=CLOSE)
    queries: int | None = None
    synthetic: bool = False
    study: dict[str, Any] = {}
    unprompted: dict[str, str] = {}
    widths: dict[str, tuple[int, int]] = {}
    titles: dict[str, str] = {}
    columns: dict[str, Column] = Field(min_length=1)
    values: dict[str, dict[str, float]] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.way == "cited") != bool(self.why):
            raise ValueError("`why` says why a number is only cited: it goes with `way: cited`")
        if self.way in ("retrieval", "rerank") and not self.study:
            raise ValueError(f"`way: {self.way}` needs the `study` that computes the numbers")
        if (self.way == "mteb") != bool(self.data.task):
            raise ValueError("`way: mteb` goes with the name of the task in `data`")
        if unknown := {column for cells in self.values.values() for column in cells} - set(self.columns):
            raise ValueError(f"values name columns that `columns` does not have: {', '.join(sorted(unknown))}")
        return self

    @property
    def digits(self) -> int:
        """Digits after the point that the values are given with: those of the longest, for YAML drops a last zero."""
        return max(len(f"{value!r}".partition(".")[2]) for cells in self.values.values() for value in cells.values())


@dataclass(frozen=True)
class Row:
    """One expected number.

    Attributes
    ----------
    id : `group.system.column`.
    value : as published or recorded.
    digits : after the point, that it was given with.
    """

    id: str
    name: str
    group: Group
    system: str
    column: Column
    value: float
    digits: int

    @property
    def model(self) -> str:
        """Name of the card of the system in the registry."""
        return self.group.unprompted.get(self.system, self.system)

    @property
    def certainty(self) -> Certainty:
        """How sure the number, or what it is a number of, is."""
        return self.column.certainty or self.group.certainty

    @property
    def commands(self) -> tuple[str, ...]:
        """The lines that compute the number, once its data are there; none where it is only cited."""
        if self.group.way == "cited":
            return ()
        if self.group.way == "mteb":
            return (f"patbench mteb run {self.model} --task {self.group.data.task}", f"patbench reproduce {self.id}")
        return (f"patbench reproduce {self.id}",)


@cache
def groups() -> dict[str, Group]:
    """Return the groups of expected numbers, in the order of the file."""
    content = yaml.safe_load(files("patbench_lib.reference").joinpath("expected.yaml").read_text("utf-8"))
    return {name: Group.model_validate(fields) for name, fields in content.items()}


@cache
def rows() -> tuple[Row, ...]:
    """Return every expected number."""
    return tuple(
        Row(f"{name}.{system}.{column}", name, group, system, group.columns[column], value, group.digits)
        for name, group in groups().items()
        for system, cells in group.values.items()
        for column, value in cells.items()
    )


def find_rows(names: Sequence[str]) -> list[Row]:
    """Return the rows called by their id, or by its beginning: a group, or a group and a system.

    Raises
    ------
    PatbenchError
        Where nothing is called so; the nearest is named.
    """
    found = []
    for name in names:
        mine = [row for row in rows() if name in _called(row)]
        if not mine:
            close = nearest(name, dict.fromkeys(called for row in rows() for called in _called(row)))
            raise PatbenchError(
                f"No expected number is called '{name}'.",
                why=f"Groups: {', '.join(groups())}; a row is called group.system.column.",
                todo=f"Did you mean '{close}'?" if close else "`patbench reproduce --all` names every row.",
            )
        found += mine
    return [row for row in rows() if row.id in {each.id for each in found}]


def _called(row: Row) -> tuple[str, str, str]:
    return row.name, f"{row.name}.{row.system}", row.id
