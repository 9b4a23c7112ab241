"""What a study says of retrieval."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from patbench_lib.retrieve.fuse import Normalisation


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


class Passages(_Closed):
    """Long texts in windows, instead of cut off at the model's limit."""

    systems: tuple[str, ...] = Field(default=("MiniLM-2L",), description="transformers that also read in windows")
    window: StrictInt = Field(default=128, ge=8, description="tokens of a window, prompt and special tokens apart")
    overlap: StrictInt = Field(default=32, ge=0, description="tokens that neighbouring windows share")

    @model_validator(mode="after")
    def _goes_on(self) -> Self:
        if self.overlap >= self.window:
            raise ValueError(
                f"passages overlap by {self.overlap} tokens, which a window of {self.window} does not hold"
            )
        return self


class Fusion(_Closed):
    """Sparse-dense fusion: what is tried, and how the choice among it is made."""

    k: tuple[StrictInt, ...] = Field(default=(10, 60, 100), min_length=1, description="of reciprocal rank fusion")
    alphas: tuple[float, ...] = Field(
        default=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0), min_length=1, description="the dense weight"
    )
    normalisations: tuple[Normalisation, ...] = Field(default=("min-max", "z-score", "rank"), min_length=1)
    development: float = Field(default=0.5, gt=0, lt=1, description="share of queries that alpha and k are chosen on")


class LateInteraction(_Closed):
    """Systems that keep a vector for each token; on the leading view."""

    systems: tuple[str, ...] = Field(default=("MiniLM-tokens",), description="models of kind late-interaction")
    mode: Literal["auto", "exact", "candidates"] = Field(
        default="auto", description="auto is exact where the documents' token vectors fit max_mb"
    )
    candidates: StrictInt = Field(default=1000, ge=1, description="documents of the first stage that are scored again")
    max_mb: StrictInt = Field(default=4096, ge=1, description="token vectors that an exact search may read, in MiB")


class Reranking(_Closed):
    """A second look at the best of a first stage, which is the study's baseline."""

    systems: tuple[str, ...] = Field(
        default=("MiniLM-tokens",), description="models of kind cross-encoder or late-interaction"
    )
    depth: StrictInt = Field(default=100, ge=1, description="documents of the first stage that are ranked again")


class Truncation(_Closed):
    """Shorter and coarser vectors, and approximate indexes over them."""

    dims: tuple[StrictInt, ...] = Field(default=(512, 256, 128, 64, 32), min_length=1, description="dimensions kept")
    rescored: StrictInt = Field(default=200, ge=1, description="documents found by bits that are scored again")
    hnsw_links: StrictInt = Field(default=32, ge=2, description="neighbours of a node in FAISS's HNSW graph")
    hnsw_search: tuple[StrictInt, ...] = Field(default=(16, 64, 256), min_length=1, description="efSearch")
    ivf_probes: tuple[StrictInt, ...] = Field(default=(1, 4, 16), min_length=1, description="lists that are searched")
    pq_bytes: StrictInt = Field(default=48, ge=1, description="bytes of a vector in IVF-PQ; divides its dimensions")
