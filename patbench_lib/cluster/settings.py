"""What a study says of clustering."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from patbench_lib.errors import refuse_twice

Algorithm = Literal["k-means", "ward", "hdbscan"]
Transform = Literal["raw", "normalised", "whitened"]
Gold = Literal["single", "primary"]
"""Publications with one label alone, or all of them by their first label in the source."""

Count = Annotated[StrictInt, Field(ge=2)]


class Map(BaseModel):
    """A picture of the vectors in two dimensions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["umap", "pca"] = Field(default="umap", description="pca is quicker and shows less")
    neighbours: Count = Field(default=15, description="of UMAP: few show detail, many the whole")
    min_dist: float = Field(default=0.1, ge=0, le=1, description="of UMAP: how close points may lie")
    most: StrictInt = Field(default=100_000, ge=10, description="publications drawn at most, a sample of more")


class Clustering(BaseModel):
    """Clusters of frozen embeddings, held against labels."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    protocol: Literal["patbench", "mteb"] = Field(
        default="patbench", description="mteb samples documents and clusters by mini-batches, as its tasks do"
    )
    mteb_share: float = Field(
        default=1.0, gt=0, le=1, description="publications that MTEB's protocol takes; 0.04 in its tasks on large sets"
    )
    algorithms: tuple[Algorithm, ...] = Field(
        default=("k-means", "ward", "hdbscan"), min_length=1, description="the first leads"
    )
    transforms: tuple[Transform, ...] = Field(
        default=("normalised", "raw", "whitened"), min_length=1, description="of the vectors; the first leads"
    )
    gold: Gold = Field(default="single", description="what leads; both are reported")
    backend: Literal["scikit-learn", "faiss"] = Field(default="scikit-learn", description="of k-means")
    starts: StrictInt = Field(default=10, ge=1, description="of k-means, the best of which counts")
    repeats: StrictInt = Field(default=5, ge=1, description="seeds; mean and spread are over them")
    whitened_dims: Count = Field(default=64, description="principal components that whitening keeps at most")
    sample: Count = Field(
        default=5000, description="publications that Ward clustering and HDBSCAN take at most, drawn anew by seed"
    )
    min_cluster_size: Count = Field(default=15, description="of HDBSCAN")
    ks: tuple[Count, ...] = Field(
        default=(2, 4, 6, 8, 12, 16, 24, 32, 48), min_length=1, description="numbers of clusters that are compared"
    )
    map: Map = Map()

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        for field in ("algorithms", "transforms", "ks"):
            refuse_twice(field, getattr(self, field))
        return self
