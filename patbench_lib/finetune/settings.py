"""What a study says of fine-tuning."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from patbench_lib.errors import PatbenchError, refuse_twice

Recipe = Literal["R1", "R2", "R3", "R4", "R5"]
"""Citations, shared labels, two views of one patent, all three in turn: the names are the paper's. R5, a patent's own
text and the expert's of it, is this compendium's own and no part of R4."""

PublishedRecipe = Literal["R1", "R2", "R3", "R4"]

Signal = Literal["citation", "label", "view", "expert"]
Protocol = Literal["inductive", "transductive"]
"""Whether the documents of a test query may have been seen in training; its own pairs never may."""

SIGNALS: dict[Recipe, tuple[Signal, ...]] = {
    "R1": ("citation",),
    "R2": ("label",),
    "R3": ("view",),
    "R4": ("citation", "label", "view"),
    "R5": ("expert",),
}

Kind = Literal["plain", "matched", "transductive", "gentle", "both", "blend"]
"""What a training is for: the recipe as it is; with as many pairs as all others; with documents of test queries seen;
and three remedies against loss elsewhere: a lower rate, pairs of both landscapes, weights half-way to the untrained."""

Remedy = Literal["gentle", "both", "blend"]

Section = Literal["title", "abstract", "claims", "first_claim", "description"]
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[StrictInt, Field(ge=1)]


class UntrainableError(PatbenchError):
    """A landscape that a recipe cannot be learnt from: it cannot be parted, or has too few pairs of a signal."""


class Lora(BaseModel):
    """Low-rank adapters in place of all weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    use: Literal["auto", "on", "off"] = Field(default="auto", description="auto: for transformers of 400 M and more")
    rank: Count = 16
    alpha: Count = Field(default=32, description="scale of what an adapter adds: alpha / rank")
    learning_rate: float = Field(default=2e-4, gt=0, description="of adapters, which begin at nothing")


class ExpertText(BaseModel):
    """Models trained on pairs of a patent's own text and an expert's of it, by recipe R5 and the settings of all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[str, ...] = Field(
        default=("MiniLM-static",),
        description="names of transformers and static models; may be empty, and none is trained without view DWPI",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse_twice("models", self.models)
        return self


class Finetuning(BaseModel):
    """Models trained on signals of the landscape itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[str, ...] = Field(
        default=("MiniLM-static", "MiniLM-2L"), description="names of transformers and static models; may be empty"
    )
    recipes: tuple[PublishedRecipe, ...] = Field(default=("R1", "R2", "R3", "R4"), min_length=1)
    protocol: Protocol = Field(
        default="inductive", description="inductive: no document or family of a test query is trained on"
    )
    development: Share = Field(default=0.05, description="share of queries that training stops on")
    test: Share = Field(default=0.15, description="share of queries that everything is reported on")
    view_pair: tuple[Section, Section] = Field(
        default=("abstract", "claims"), description="the two sections of one patent that R3 brings together"
    )
    label_sets: tuple[str, ...] = Field(
        default=(), description="label sets that R2 draws pairs from; none means the first of labels.sets"
    )
    pairs_most: Count = Field(default=128, description="pairs of a signal at most, a sample of more")
    temperature: float = Field(default=0.05, gt=0, description="of the softmax over in-batch documents")
    learning_rate: float = Field(default=1e-4, gt=0, description="of transformers")
    static_learning_rate: float = Field(default=2e-3, gt=0, description="of static models, whose tables move little")
    warmup: float = Field(default=0.1, ge=0, lt=1, description="share of the steps in which the rate rises from 0")
    epochs: Count = 3
    batch: Annotated[StrictInt, Field(ge=2)] = Field(default=32, description="pairs of a batch, each other's negatives")
    mini_batch: Count = Field(default=32, description="pairs in memory at once; fewer than batch costs a second pass")
    max_tokens: StrictInt | None = Field(default=64, ge=8, description="a lower limit than the model's own")
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    lora: Lora = Lora()
    hard_negatives: StrictInt = Field(default=0, ge=0, description="mined negatives a pair, none by default")
    looks: Count = Field(default=2, description="looks at the development queries, and checkpoints, of a training")
    pool: Count = Field(default=150, description="documents that development queries are ranked among, a sample")
    patience: Count = Field(default=3, description="looks at the development queries without a gain before stopping")
    repeats: StrictInt = Field(
        default=2, ge=0, description="seeds of the control in which all recipes have as many pairs; 0 leaves it out"
    )
    looser: bool = Field(default=True, description="report the transductive protocol beside the inductive one")
    remedies: tuple[Remedy, ...] = Field(
        default=("gentle", "both", "blend"), description="tried against loss on the external landscape"
    )
    gentle: Share = Field(default=0.2, description="of the learning rate, where that is the remedy")
    blend: Share = Field(default=0.5, description="of the trained weights, the rest untrained, where that is")
    closely: StrictInt = Field(
        default=1, ge=0, description="first so many models that control, looser protocol and remedies are tried with"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for field, names in (
            ("models", self.models),
            ("recipes", self.recipes),
            ("label_sets", self.label_sets),
            ("remedies", self.remedies),
        ):
            refuse_twice(field, names)
        if self.development + self.test >= 1:
            raise ValueError(f"development {self.development} and test {self.test} leave nothing to train on")
        if self.view_pair[0] == self.view_pair[1]:
            raise ValueError(f"view_pair names {self.view_pair[0]} twice")
        return self
