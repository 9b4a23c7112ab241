"""An arena: one landscape of a study with its judgements and the texts of its views."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp

from patbench_lib.bench.keys import landscape_key
from patbench_lib.errors import PatbenchError
from patbench_lib.files import locked, sweep
from patbench_lib.kept import found_or_made, read_kept
from patbench_lib.landscape.folder import DESCRIBED, load_landscape, save_landscape
from patbench_lib.landscape.judgements import Judgements, Relevance, citations, judge
from patbench_lib.landscape.label_sets import LabelSet, label_sets
from patbench_lib.landscape.schema import NOT_SHOWN, Landscape
from patbench_lib.landscape.sources import open_source
from patbench_lib.landscape.spec import Source
from patbench_lib.landscape.unjudged import why_unjudged
from patbench_lib.landscape.views import NEEDS, View, split_views, view_texts
from patbench_lib.study import Study
from patbench_lib.types import Ints, Role


class Arena:
    """Where systems compete: landscape, judgements and texts, each made or loaded when first asked for.

    Parameters
    ----------
    main : whether this is the study's own landscape, on which every view is run; on an external one the leading view
        is run alone.
    folder : where landscapes are kept once read.
    """

    def __init__(self, study: Study, spec: Source, *, main: bool, root: Path, folder: Path) -> None:
        self.study, self.spec, self.main, self._root = study, spec, main, root
        self.name = spec.name
        self.key = landscape_key(spec, root)
        self._folder = folder / f"{spec.name}-{self.key}"
        self._texts: dict[View, list[str]] = {}

    @cached_property
    def landscape(self) -> Landscape:
        """The landscape, read from its source once and from its folder afterwards."""
        return found_or_made(self._folder / DESCRIBED, _kept_landscape, self._keep)

    def _keep(self, described: Path) -> None:
        landscape = open_source(self.spec, self._root)
        with locked(self._folder / "lock"):
            if _kept_landscape(described) is None:
                sweep(self._folder)  # what a killed process left may be as large as the landscape
                save_landscape(landscape, self._folder)

    @property
    def relevance(self) -> Relevance:
        """The study's relevance, with the landscape's own relation where it names one."""
        own = self.spec.relation
        return self.study.relevance.model_copy(update={"relation": own}) if own else self.study.relevance

    @cached_property
    def unjudged(self) -> str:
        """Why retrieval cannot be judged here, whatever the relation; empty where it may be."""
        return why_unjudged(self.landscape)

    @cached_property
    def judgements(self) -> Judgements:
        """The judgements that the relation gives."""
        return judge(self.landscape, self.relevance)

    @cached_property
    def cites(self) -> sp.csr_matrix:
        """Who cites whom inside the landscape, shape [n, n]."""
        return citations(self.landscape, self.study.relevance.leading_zeros)[0]

    @cached_property
    def label_sets(self) -> tuple[list[LabelSet], dict[str, str]]:
        """The study's label sets that the landscape has, and why each other one is left out."""
        return label_sets(self.landscape, self.study.labels)

    @cached_property
    def _split(self) -> tuple[list[View], dict[View, list[str]]]:
        return split_views(self.landscape, self.study.views)

    @property
    def views(self) -> list[View]:
        """The study's views that the landscape has the sections for, the leading one first; external: that one.

        Raises
        ------
        PatbenchError
            Where the landscape has the sections for none of them.
        """
        available = self._split[0]
        if not available:
            lacking = "; ".join(f"{view} needs {' and '.join(missing)}" for view, missing in self._split[1].items())
            raise PatbenchError(
                f"Landscape '{self.name}' has the sections for none of the study's views.",
                why=f"{lacking}.",
                todo="Choose other `views`, or map the table's columns to these sections.",
            )
        return available if self.main else available[:1]

    @property
    def views_missing(self) -> dict[View, list[str]]:
        """The study's views that the landscape cannot give, with the sections it lacks."""
        return self._split[1]

    def named(self, scores: pd.DataFrame, rows: Ints, *, system: str, view: str) -> pd.DataFrame:
        """Return scores by query in the columns of `Bench.scores`.

        Parameters
        ----------
        rows : of the landscape, the query of each score.
        """
        fixed = {"landscape": self.name, "system": system, "view": view}
        queries = {"query": np.array(self.landscape.numbers, dtype=object)[rows], "family": self.landscape.family[rows]}
        named = scores.assign(**fixed, **queries)
        return named[[*fixed, *queries, *scores.columns.drop("query")]]

    def texts(self, view: View) -> list[str]:
        """Return the texts of a view, made once."""
        if view not in self._texts:
            self._texts[view] = view_texts(self.landscape, view, description_words=self.study.description_words)
        return self._texts[view]

    def collection(self, view: View) -> list[str]:
        """Return the texts that term counts and LSA are made of: those that may be retrieved, or all where none is."""
        texts = self.texts(view)
        return texts if self.unjudged else [texts[row] for row in self.judgements.collection]

    def shown_texts(self, view: View) -> list[str]:
        """Return the texts of a view as they may be shown: none of them where one of its sections is licensed."""
        open_to_all = self.landscape.may_show(*NEEDS[view])
        return self.texts(view) if open_to_all else [NOT_SHOWN] * len(self.landscape)

    def texts_of(self, view: View, role: Role) -> list[str]:
        """Return the texts of a view: of all publications as documents, or of the judgements' queries."""
        texts = self.texts(view)
        return [texts[row] for row in self.judgements.queries] if role == "query" else texts


def _kept_landscape(described: Path) -> Landscape | None:
    """Return the landscape of a folder; where any of its files is damaged the folder is one that is not complete."""
    return read_kept(described, lambda each: load_landscape(each.parent))
