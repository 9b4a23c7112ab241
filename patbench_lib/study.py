"""The study: every parameter of a run of the compendium, in one closed model."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints, model_validator

from patbench_lib.classify.measures import MEASURES as CLASSIFIED
from patbench_lib.classify.settings import Classification
from patbench_lib.cluster.settings import Clustering
from patbench_lib.errors import PatbenchError, refuse_twice
from patbench_lib.evaluate.own_claims import OwnClaim, check_own_claims
from patbench_lib.evaluate.settings import Jurisdictions, Statistics
from patbench_lib.finetune.settings import ExpertText, Finetuning
from patbench_lib.landscape.judgements import Relevance
from patbench_lib.landscape.label_sets import Labels
from patbench_lib.landscape.spec import DemoSource, LandscapeSpec
from patbench_lib.landscape.views import EXPERT, View
from patbench_lib.models.budget import Budget
from patbench_lib.models.card import SINGLE_VECTOR, Card, Dtype
from patbench_lib.models.registry import find_card
from patbench_lib.retrieve.settings import Bm25, Fusion, LateInteraction, Passages, Reranking, Search, Truncation

Measure = Annotated[str, StringConstraints(pattern=r"^((nDCG|MAP|MRR)(@[1-9]\d*)?|(Recall|P)@[1-9]\d*)$")]
"""A retrieval measure, with a cutoff or, but for Recall and P, without: nDCG@10, Recall@100, P@10, MAP, MRR."""


_RANKING = ("dense", "static", "lsa", "lexical", "late-interaction")
_KINDS = {
    "passages": ("dense",),
    "late_interaction": ("late-interaction",),
    "reranking": ("cross-encoder", "late-interaction"),
}
"""What kinds of model a part of the study takes."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Encoding(_Closed):
    """How texts become vectors."""

    compute: Dtype = Field(default="float32", description="number type the models run in")
    dtype: Literal["float32", "float16"] = Field(default="float32", description="number type of the stored vectors")
    max_tokens: StrictInt | None = Field(default=None, ge=8, description="a lower limit than the model's own")
    batch_tokens: StrictInt = Field(default=4096, ge=64, description="tokens of a batch, padding included")
    shard_size: StrictInt = Field(default=512, ge=1, description="texts of a shard: what a killed run can lose")
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"


class Study(_Closed):
    """All parameters of a study. The defaults are the demo study."""

    name: str = Field(default="demo", pattern=r"^[a-z0-9][a-z0-9_-]*$", description="names folders and the site")
    title: str = Field(default="", description="of the site; from the landscape's name where there is none")
    seed: StrictInt = Field(default=0, ge=0, description="of resampling and every other draw")
    landscape: LandscapeSpec = DemoSource()
    external: LandscapeSpec | None = Field(
        default=DemoSource(name="external", kind="external", publications=160), description="another landscape"
    )
    relevance: Relevance = Relevance()
    views: tuple[View, ...] = Field(
        default=("TAC", "TA", "TAC1", "TAD", "C1", "DWPI"), min_length=1, description="the first one leads"
    )
    description_words: StrictInt = Field(default=300, ge=1, description="words of the description in views TAD and D")
    systems: tuple[str, ...] = Field(
        default=("BM25", "LSA", "MiniLM-static", "MiniLM-1L", "MiniLM-2L", "MiniLM-L6"), min_length=1
    )
    models: tuple[Card, ...] = Field(default=(), description="cards of your own models")
    allow_remote_code: tuple[str, ...] = Field(default=(), description="models whose own code may run")
    baseline: str = Field(default="BM25", description="the system all others are tested against")
    bm25: Bm25 = Bm25()
    encoding: Encoding = Encoding()
    search: Search = Search()
    passages: Passages = Passages()
    fusion: Fusion = Fusion()
    late_interaction: LateInteraction = LateInteraction()
    reranking: Reranking = Reranking()
    truncation: Truncation = Truncation()
    labels: Labels = Labels()
    classification: Classification = Classification()
    clustering: Clustering = Clustering()
    finetuning: Finetuning = Finetuning()
    expert_text: ExpertText = ExpertText()
    jurisdictions: Jurisdictions = Jurisdictions()
    budget: Budget = Budget()
    claims: tuple[OwnClaim, ...] = Field(default=(), description="of your own, judged beside the paper's")
    depth: StrictInt = Field(default=100, ge=1, description="documents ranked for a query")
    measures: tuple[Measure, ...] = Field(
        default=("nDCG@10", "nDCG@100", "Recall@100", "MAP", "MRR", "P@10"), min_length=1
    )
    main_measure: Measure = "nDCG@10"
    statistics: Statistics = Statistics()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for field, names in (("views", self.views), ("systems", self.systems), ("measures", self.measures)):
            refuse_twice(field, names)
        if unfit := [card.name for card in self.models if not re.fullmatch(r"\w[\w.+-]*", card.name)]:
            raise ValueError(f"models are named by letters, digits and any of .+-_, unlike {', '.join(unfit)}")
        try:
            cards = {name: self.card(name) for name in (*self.systems, *self.allow_remote_code)}
            _check_kinds("systems", {name: cards[name].kind for name in self.systems}, _RANKING)
            for field, kinds in _KINDS.items():
                named = {name: self.card(name).kind for name in getattr(self, field).systems}
                _check_kinds(f"{field}.systems", named, kinds)
            for field in ("finetuning", "expert_text"):
                named = {name: self.card(name).kind for name in getattr(self, field).models}
                _check_kinds(f"{field}.models", named, ("dense", "static"))
            check_own_claims(
                self.claims,
                systems=self.systems,
                vectors=[name for name in self.systems if cards[name].kind in SINGLE_VECTOR],
                views=self.views,
                measures=self.measured(),
                classified=CLASSIFIED,
                landscapes=[spec.name for spec in (self.landscape, self.external) if spec],
                label_sets=self.labels.sets,
            )
        except PatbenchError as error:
            raise ValueError(str(error)) from error
        if self.baseline not in self.systems:
            raise ValueError(f"baseline '{self.baseline}' is not one of systems: {', '.join(self.systems)}")
        if self.main_measure not in self.measures:
            raise ValueError(f"main_measure '{self.main_measure}' is not one of measures: {', '.join(self.measures)}")
        cutoff = self.main_measure.partition("@")[2]
        if cutoff.isdigit() and int(cutoff) > self.depth:
            raise ValueError(f"main_measure {self.main_measure} looks deeper than depth {self.depth}")
        if unlisted := [name for name in self.finetuning.label_sets if name not in self.labels.sets]:
            sets = ", ".join(self.labels.sets)
            raise ValueError(f"finetuning.label_sets names {', '.join(unlisted)}, not one of labels.sets: {sets}")
        if foreign := [name for name in self.jurisdictions.systems if name not in self.systems]:
            raise ValueError(f"jurisdictions.systems names {', '.join(foreign)}, not one of systems")
        if self.external is not None and self.external.name == self.landscape.name:
            raise ValueError(f"landscape and external have the same name '{self.landscape.name}'")
        for name, card in cards.items():
            if self.encoding.compute not in card.dtypes:
                allowed = ", ".join(card.dtypes)
                raise ValueError(f"encoding.compute {self.encoding.compute} ruins {name}; its card allows {allowed}")
        return self

    def card(self, name: str) -> Card:
        """Return the card of a system, the study's own cards first."""
        return find_card(name, {card.name: card for card in self.models})

    def expert_models(self) -> tuple[str, ...]:
        """Return the models that learn from an expert's text, none where the study does not read its view."""
        return self.expert_text.models if EXPERT in self.views else ()

    def measured(self) -> tuple[str, ...]:
        """Return the measures that the depth allows: one that looks deeper than the runs are is left out."""
        return tuple(name for name in self.measures if _cutoff(name) <= self.depth)


def _check_kinds(field: str, named: Mapping[str, str], kinds: tuple[str, ...]) -> None:
    for name, kind in named.items():
        if kind not in kinds:
            raise ValueError(f"{field} names {name}, which is a {kind} model; it takes {' or '.join(kinds)}")


def _cutoff(measure: str) -> int:
    cutoff = measure.partition("@")[2]
    return int(cutoff) if cutoff.isdigit() else 0


def digest(*parts: Any) -> str:
    """Return 16 hexadecimal digits that change when any part changes: the key of a made thing."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
