"""The bench of a study: landscapes, vectors, runs and scores, each computed once or found."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.keys import encoder_key, run_key, score_key
from patbench_lib.bench.made import Made, keep
from patbench_lib.bench.searching import search
from patbench_lib.encode.encode import Encoded, encode
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate.retrieval import score_run
from patbench_lib.kept import keep_frame
from patbench_lib.landscape.views import View
from patbench_lib.models.card import Card, Task
from patbench_lib.models.deferred import deferred
from patbench_lib.models.encoder import Encoder, load_encoder
from patbench_lib.paths import Paths, find_root
from patbench_lib.retrieve.run import Run
from patbench_lib.study import Study
from patbench_lib.types import Role

Known = TypeVar("Known")
Model = TypeVar("Model")


class Bench:
    """Everything a notebook needs of a study; nothing else has to have run before.

    Parameters
    ----------
    study : the parameters.
    root : the compendium's folder; found from the working folder where not given.
    progress : whether long work shows a progress bar.
    """

    def __init__(self, study: Study, root: Path | None = None, *, progress: bool = True) -> None:
        self.study, self.progress = study, progress
        self.paths = Paths(root or find_root(), study.name)
        self._encoders: dict[tuple[str, str, Task], Encoder] = {}
        self._loaded: dict[str, Any] = {}
        self._known: dict[str, Any] = {}
        if threads := os.environ.get("PATBENCH_THREADS"):
            import torch

            torch.set_num_threads(int(threads))

    @cached_property
    def arenas(self) -> list[Arena]:
        """The study's landscape and, where it has one, the external landscape."""
        specs = [self.study.landscape, *([self.study.external] if self.study.external else [])]
        root, folder = self.paths.root, self.paths.landscapes
        return [Arena(self.study, s, main=not i, root=root, folder=folder) for i, s in enumerate(specs)]

    @property
    def arena(self) -> Arena:
        """The study's own landscape."""
        return self.arenas[0]

    def with_models(self, cards: Sequence[Card], trusted: Sequence[str] = ()) -> Bench:
        """Return the bench of the same study with more models, on the same landscapes.

        Parameters
        ----------
        trusted : those of them whose own code may run.
        """
        study = self.study
        models, allowed = (*study.models, *cards), (*study.allow_remote_code, *trusted)
        other = Bench(
            study.model_copy(update={"models": models, "allow_remote_code": allowed}),
            self.paths.root,
            progress=self.progress,
        )
        other.arenas = self.arenas  # read and judged once
        return other

    def encoder(self, system: str, arena: Arena, view: View, task: Task = "retrieval") -> Encoder:
        """Return a system's encoder; one that is fitted to a collection is fitted to the view's candidates.

        Parameters
        ----------
        task : what the vectors are for: some models read a text with another prompt, or adapter, for each.
        """
        card = self.study.card(system)
        fitted = card.kind == "lsa"
        key = (system, f"{arena.key}-{view}" if fitted else "", task)
        if key not in self._encoders:
            path = self.paths.models / f"{system}-{encoder_key(self.study, card, view, arena.key, task)}.json"
            load = partial(
                load_encoder,
                card,
                max_tokens=self.study.encoding.max_tokens,
                task=task,
                device=self.study.encoding.device,
                dtype=self.study.encoding.compute,
                fit_texts=arena.collection(view) if fitted else None,
                allow_remote_code=self.study.allow_remote_code,
            )
            self._encoders[key] = deferred(card, path, load, task=task)
        return self._encoders[key]

    def loaded(self, system: str, load: Callable[..., Model]) -> Model:
        """Return a model without one vector a text, loaded by `load` as the study says, once."""
        if system not in self._loaded:
            self._loaded[system] = load(
                self.study.card(system),
                max_tokens=self.study.encoding.max_tokens,
                device=self.study.encoding.device,
                dtype=self.study.encoding.compute,
                allow_remote_code=self.study.allow_remote_code,
            )
        model: Model = self._loaded[system]
        return model

    def once(self, what: str, make: Callable[[], Known]) -> Known:
        """Return what `make` gives, asked once for each name: what is asked again and again and takes its time."""
        if what not in self._known:
            self._known[what] = make()
        known: Known = self._known[what]
        return known

    def encoded(
        self, system: str, arena: Arena, view: View, role: Role = "document", task: Task = "retrieval"
    ) -> Encoded:
        """Return the vectors of a view: all publications as documents, or the judgements' queries as queries."""
        return self.encode_texts(self.encoder(system, arena, view, task), arena.texts_of(view, role), role)

    def encode_texts(self, encoder: Encoder, texts: Sequence[str], role: Role) -> Encoded:
        """Return the vectors of any texts by the study's settings, through its store."""
        settings = self.study.encoding
        return encode(
            encoder,
            texts,
            role,
            self.paths.embeddings,
            compute=settings.compute,
            dtype=settings.dtype,
            batch_tokens=settings.batch_tokens,
            shard_size=settings.shard_size,
            progress=self.progress,
        )

    def run(self, system: str, arena: Arena, view: View, *, depth: int | None = None) -> Run:
        """Return a system's ranking for all queries, computed or found.

        Parameters
        ----------
        depth : of the ranking, where it is not the study's: a first stage may have to be deeper.

        Raises
        ------
        PatbenchError
            Where the depth exceeds the candidates there are, or a model cannot be run here.
        """
        depth, others = depth or self.study.depth, arena.judgements.reach
        if depth > others:
            raise PatbenchError(
                f"depth {depth} is more than the {others} documents that landscape '{arena.name}' has beside a query.",
                todo=f"Set `depth` to {others} or less.",
            )
        return self._made(system, arena, view, depth).run

    def reading(self, system: str, arena: Arena, view: View) -> dict[str, Any]:
        """Return how a system read a view's documents.

        Returns
        -------
        dict
            limit (tokens, None for none), truncated (share of documents cut), read (share of tokens read), tokens
            (mean per document), stores (folders of the embedding store), seconds (of encoding what was missing and
            searching), created. A lexical system reads everything and has the last two alone; a late-interaction
            system has what `search_late` says of it.
        """
        return self._made(system, arena, view, self.study.depth).made

    def _made(self, system: str, arena: Arena, view: View, depth: int) -> Made:
        name = self.run_name(system, arena, view, depth)
        return self.derived(name, arena, lambda: search(self, system, arena, view, depth), depth=depth)

    def run_name(self, system: str, arena: Arena, view: View, depth: int) -> str:
        """Return the name of the file of a system's run, the key of all that changes it included."""
        return f"{arena.name}.{view}.{system}.{self._run_key(system, arena, view, depth)}"

    def run_file(self, system: str, arena: Arena, view: View) -> Path:
        """Return where a system's run to the study's depth is kept."""
        return self._run_path(self.run_name(system, arena, view, self.study.depth))

    def _run_path(self, name: str) -> Path:
        return self.paths.runs / f"{name}.parquet"

    def derived(
        self, name: str, arena: Arena, make: Callable[[], tuple[Run, dict[str, Any]]], *, depth: int | None = None
    ) -> Made:
        """Return a run over a landscape's queries, made or found.

        Parameters
        ----------
        name : of its file, the key of all that changes it included.
        make : makes the run and says what is worth knowing of the making.
        depth : of the run, where it is not the study's.
        """
        return keep(self._run_path(name), arena.judgements.queries, depth or self.study.depth, make)

    def _run_key(self, system: str, arena: Arena, view: View, depth: int) -> str:
        study = self.study.model_copy(update={"depth": depth})
        return run_key(study, study.card(system), view, arena.key)

    def scores(self, system: str, arena: Arena, view: View) -> pd.DataFrame:
        """Return per-query scores of a system on a view, computed or found.

        Returns
        -------
        pandas.DataFrame
            landscape, system, view, query (publication number), family (code), stratum, measure, value.
        """
        path = self.scores_file(system, arena, view)
        return keep_frame(path, lambda: self.score(self.run(system, arena, view), arena, system=system, view=view))

    def score(self, run: Run, arena: Arena, *, system: str, view: str) -> pd.DataFrame:
        """Return per-query scores of any run over a landscape's queries, in the columns of `scores`."""
        scores = score_run(run, arena.judgements, self.study.measured())
        return arena.named(scores, scores["query"].to_numpy(), system=system, view=view)

    def all_scores(self, systems: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the scores of systems on every view of every landscape of the study."""
        asked = [(s, a, v) for a in self.arenas for v in a.views for s in systems or self.study.systems]
        return pd.concat([self.scores(*one) for one in asked], ignore_index=True)

    def scores_file(self, system: str, arena: Arena, view: View) -> Path:
        """Return where a system's scores are kept; the name holds the key of all that changes them."""
        key = score_key(self.study, self._run_key(system, arena, view, self.study.depth))
        return self.paths.scores / f"{arena.name}.{view}.{system}.{key}.parquet"
