"""What a study says of a landscape: its source and how to read it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from patbench_lib.landscape.demo import Effects
from patbench_lib.landscape.judgements import Relation
from patbench_lib.landscape.validate import Duplicates

Section = Literal["title", "abstract", "claims", "description", "dwpi_title", "dwpi_abstract"]
"""A column of text, as `schema.SECTIONS` has them."""

LandscapeName = Annotated[str, StringConstraints(pattern=r"^\w[\w-]*$")]
"""Letters, digits, `_` and `-`: the name is part of file names."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Judged(_Closed):
    """What may be said of any landscape."""

    relation: Relation | None = Field(
        default=None, description="what makes documents relevant here, where it is not the study's `relevance.relation`"
    )


class TableSource(_Judged):
    """A user's table in Parquet, CSV or JSON lines."""

    source: Literal["table"] = "table"
    name: LandscapeName = Field(description="name of the landscape in tables and figures")
    path: str = Field(description="the file, relative to the compendium's folder")
    columns: dict[str, str] = Field(default_factory=dict, description="schema column: the table's column")
    labels: tuple[str, ...] = Field(default=(), description="columns that hold label sets")
    separator: str | None = Field(default=None, description="between entries of a list in one cell; found if not given")
    duplicates: Duplicates = Field(default="error", description="publication numbers repeated with other content")
    licensed: tuple[Section, ...] = Field(
        default=("dwpi_title", "dwpi_abstract"),
        description="sections whose text is never shown, nor exported unless asked for; Derwent's text is licensed",
    )


class FolderSource(_Judged):
    """A landscape that `patbench landscape build`, `fetch` or `export` wrote."""

    source: Literal["folder"] = "folder"
    name: LandscapeName = Field(description="name of the landscape in tables and figures")
    path: str = Field(description="the folder, relative to the compendium's folder")


class DemoSource(_Judged):
    """The seeded synthetic generator."""

    source: Literal["demo"] = "demo"
    name: LandscapeName = Field(default="assistive", description="name of the landscape in tables and figures")
    kind: Literal["assistive", "external"] = "assistive"
    publications: StrictInt = Field(default=500, ge=20, le=200_000)
    seed: StrictInt = Field(default=0, ge=0)
    effects: Literal["default", "none"] | Effects = Field(
        default="default", description="strengths of the planted effects; none draws citations and labels from no text"
    )

    def strengths(self) -> Effects:
        """Return the strengths of the planted effects."""
        if isinstance(self.effects, Effects):
            return self.effects
        return Effects.none() if self.effects == "none" else Effects.default()


Source = TableSource | FolderSource | DemoSource
LandscapeSpec = Annotated[Source, Field(discriminator="source")]
