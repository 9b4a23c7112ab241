"""What a study says of retrieval."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bm25(_Closed):
    """Okapi BM25 and its relatives; defaults are those of the DAPFAM paper."""

    implementation: Literal["bm25s", "rank-bm25"] = Field(
        default="bm25s", description="rank-bm25 is the slow reference"
    )
    variant: Literal["lucene", "robertson", "atire", "bm25l", "bm25+", "okapi"] = "lucene"
    k1: float = Field(default=1.2, ge=0)
    b: float = Field(default=0.75, ge=0, le=1)
    delta: float = Field(default=0.5, ge=0, description="added for each matching term; of bm25l and bm25+ alone")
    stemmer: Literal["none", "english"] = "none"
    stopwords: Literal["none", "english"] = "english"

    @model_validator(mode="after")
    def _has_variant(self) -> Self:
        if self.implementation == "rank-bm25" and self.variant not in ("okapi", "bm25+"):
            raise ValueError(f"rank-bm25 computes okapi and bm25+ as published, not '{self.variant}'")
        if self.implementation == "bm25s" and self.variant == "okapi":
            raise ValueError("variant okapi (with its floor for negative weights) is of implementation rank-bm25 alone")
        return self


class Search(_Closed):
    """Dense search."""

    backend: Literal["exact", "faiss"] = Field(default="exact", description="faiss is its flat index, also exact")
    block_mb: StrictInt = Field(default=64, ge=1, description="memory for the scores of one block of queries")
