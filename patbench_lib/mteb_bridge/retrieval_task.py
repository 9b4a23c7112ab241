"""A landscape, a view and judgements as a retrieval task of MTEB, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets import Dataset
from mteb.abstasks.retrieval import AbsTaskRetrieval
from mteb.abstasks.task_metadata import TaskMetadata

from patbench_lib.bench.arena import Arena
from patbench_lib.landscape.judgements import Judgements, Stratum
from patbench_lib.landscape.views import MEANING, View
from patbench_lib.mteb_bridge.candidates import Candidates, excludes_itself_alone
from patbench_lib.mteb_bridge.names import cutoffs, retrieval_name, revision_of, score_name

SPLIT = "test"


class LandscapeRetrieval(AbsTaskRetrieval):  # type: ignore[misc]  # mteb is followed by no type checker here
    """A retrieval task with the texts and judgements of a landscape.

    Where every query is alone in its family, dates do not matter and all publications are documents, MTEB searches all
    documents and drops the query itself (`ignore_identical_ids`), one place deeper than its measures look. Otherwise
    each query brings its candidates, and MTEB scores those. Both are exact; the second takes a selection of all vectors
    for each query.

    Attributes
    ----------
    by_query : nDCG and the others of each query once the task was run, by the names that trec_eval gives them: what
        MTEB returns are means, rounded to five digits.
    """

    def __init__(self, arena: Arena, view: View, stratum: Stratum = "ALL") -> None:
        study, judged = arena.study, arena.judgements.stratum(stratum)
        self.metadata = TaskMetadata(
            name=retrieval_name(arena, view, stratum),
            description=f"Patents that a patent of '{arena.name}' is related to by citations, on {MEANING[view]}.",
            type="Retrieval",
            category="t2t",
            dataset={"path": f"patbench/{arena.name}", "revision": revision_of(arena, study)},
            eval_splits=[SPLIT],
            eval_langs=["eng-Latn"],
            main_score=score_name(study.main_measure, study.depth),
        )
        super().__init__()
        self.k_values = cutoffs(study.measured(), study.depth)
        self.ignore_identical_ids = excludes_itself_alone(judged)
        self._top_k = max(self.k_values) + int(self.ignore_identical_ids)
        self.by_query: dict[str, dict[str, float]] = {}
        self.dataset = {"default": {SPLIT: _split(arena, view, judged, all_documents=self.ignore_identical_ids)}}
        self.data_loaded = True

    def task_specific_scores(
        self, scores: Mapping[str, Mapping[str, float]], *_: object, **__: object
    ) -> dict[str, float]:
        """Keep the scores by query; MTEB calls this once it has them."""
        self.by_query = {query: dict(values) for query, values in scores.items()}
        return {}


def _split(arena: Arena, view: View, judged: Judgements, *, all_documents: bool) -> dict[str, Any]:
    numbers, texts = arena.landscape.numbers, arena.texts(view)
    relevant: dict[str, dict[str, int]] = {}
    for query, document in zip(judged.pair_queries, judged.documents, strict=True):
        relevant.setdefault(numbers[query], {})[numbers[document]] = 1
    return {
        "corpus": Dataset.from_dict({"id": numbers, "text": texts}),
        "queries": Dataset.from_dict({"id": list(relevant), "text": [texts[row] for row in judged.queries]}),
        "relevant_docs": relevant,
        "top_ranked": None if all_documents else Candidates(judged, numbers),
    }
