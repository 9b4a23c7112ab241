"""The abstract, the protocol and the limits of a study: numbers from tables and settings, and silence where none is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures import tuned
from fixtures.studies import bench

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.changes import ORDERS, stacked
from patbench_lib.bench.claims import VERDICTS, Judged
from patbench_lib.bench.leaderboard import COLUMNS
from patbench_lib.report import prose_abstract, prose_protocol
from patbench_lib.report.banner import page_title
from patbench_lib.report.prose_abstract import abstract
from patbench_lib.report.prose_protocol import say_limits, say_protocol

HOME = "assistive"


def scored(system: str, view: str, stratum: str, value: float) -> dict[str, Any]:
    place = {"landscape": HOME, "measure": "nDCG@10", "system": system, "view": view, "stratum": stratum}
    return {**place, "value": value, "low": value - 0.1, "high": value + 0.2, "n": 50}


RESULTS = pd.DataFrame(
    [
        scored("BM25", "TA", "ALL", 0.3),
        scored("MiniLM-static", "TA", "ALL", 0.4),
        scored("BM25", "TAC", "ALL", 0.5),
        scored("MiniLM-static", "TAC", "ALL", 0.2),
        *(scored("BM25", "TA", *each) for each in (("IN", 0.5), ("OUT", 0.25))),
        *(scored("MiniLM-static", "TA", *each) for each in (("IN", 0.5), ("OUT", 0.1))),
    ]
)
TESTS = pd.DataFrame(
    [
        {"landscape": HOME, "measure": "nDCG@10", "stratum": "ALL", "view": view, "system": "MiniLM-static",
         "difference": difference, "significant": True}
        for view, difference in (("TA", 0.1), ("TAC", -0.3))
    ]
)  # fmt: skip
BOARD = pd.DataFrame(
    [
        ("retrieval", "TA", "nDCG@10", "ALL", "BM25", 0.3, True),
        ("retrieval", "TA", "nDCG@10", "ALL", "MiniLM-static", 0.4, True),
        ("classification", "TA", "micro-F1", "ALL", "BM25", 0.2, True),
        ("classification", "TA", "micro-F1", "ALL", "MiniLM-static", 0.612, True),
        ("classification", "TA", "macro-F1", "ALL", "BM25", 0.9, False),
    ],
    columns=COLUMNS,
)


def told(bench: Bench, monkeypatch: pytest.MonkeyPatch, changes: pd.DataFrame | None = None) -> str:
    """Return the abstract of a bench whose tables are those above."""
    none = stacked([], tuned.changes().dtypes.astype(str).to_dict()) if changes is None else changes
    verdicts = pd.DataFrame({"claim": ["a", "b", "c"], "verdict": ["holds", "not decided", "holds"]})
    judged = Judged({}, verdicts.reindex(columns=list(VERDICTS)), pd.DataFrame())
    monkeypatch.setattr(prose_abstract, "retrieval_results", lambda _: (RESULTS, TESTS))
    monkeypatch.setattr(prose_abstract, "board", lambda _: BOARD)
    monkeypatch.setattr(
        prose_abstract, "finetuning_results", lambda _: {"changes": none, "orders": stacked([], ORDERS)}
    )
    monkeypatch.setattr(prose_abstract, "judged", lambda _: judged)
    text = str(abstract(bench).data)
    assert not re.search(r"\bnan\b|None|<NA>", text)
    return text


def test_an_abstract_tells_what_the_tables_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = bench(tmp_path, views=["TA", "TAC"])
    text = told(study, monkeypatch)
    asked = len(study.arena.judgements.queries)
    assert text.startswith("On the synthetic landscape *assistive* (60 publications of ")
    assert f", {asked} of them queries), 2 systems (1 lexical, 1 static) read 2 text views. " in text
    assert "In retrieval by view TA, MiniLM-static leads with nDCG@10 0.400 [0.300, 0.600]; " in text
    assert "systems significantly above BM25: 1, below it: 0. " in text, "the other view is not counted"
    assert "Of 2 views TAC is the best for 1 of 2 systems. " in text
    assert "score 50% to 80% lower" in text
    assert "Highest in classification MiniLM-static (micro-F1 0.612). " in text
    assert "MiniLM-static has the best mean rank over 2 tasks (1)." in text
    assert text.endswith("Of 3 statements judged here, holds: 2, not decided: 1.")
    assert "fine-tuned" not in text


def test_an_abstract_tells_what_tuning_changes_at_home_and_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = tuned.changes()
    text = told(bench(tmp_path), monkeypatch, changes)
    plainly = changes[(changes["kind"] == "plain") & (changes["stratum"] == "ALL")]
    here = plainly[plainly["landscape"] == tuned.HOME]
    gains = int((here["significant"] & (here["difference"] > 0)).sum())
    losses = int((here["significant"] & (here["difference"] < 0)).sum())
    assert "2 models fine-tuned by 4 recipes: the greatest mean change is nDCG@10 R" in text
    assert f"significant of {len(here)} changes: {gains} up, {losses} down." in text
    away = plainly[(plainly["landscape"] == tuned.AWAY) & plainly["whole"] & (plainly["task"] == "retrieval")]
    worse = int((away["significant"] & (away["difference"] < 0)).sum())
    assert (
        f"On *{tuned.AWAY}*, which they were not tuned on, retrieval is significantly worse than before in {worse} of"
        in text
    )


def test_without_judgements_an_abstract_says_so_and_claims_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = bench(tmp_path)
    monkeypatch.setattr(type(study.arena), "unjudged", property(lambda _: "nobody is cited"))
    text = told(study, monkeypatch)
    assert "Nobody is cited in it" in text and "nDCG" not in text and "judged here" not in text
    assert "micro-F1 0.612" in text
    assert "**Retrieval** is left out: nobody is cited." in say_protocol(study).data


def test_a_protocol_is_that_of_the_settings(tmp_path: Path) -> None:
    changes = {
        "relevance": {"relation": "coupling", "min_shared": 3, "earlier_only": True, "domain_level": "subclass"},
        "classification": {"test": 0.25, "repeats": 4},
        "statistics": {"level": 0.9, "resamples": 1234, "permutations": 100},
        "finetuning": {"models": ["MiniLM-static"], "recipes": ["R3"], "protocol": "transductive"},
    }
    text = say_protocol(bench(tmp_path, **changes)).data
    assert "the patents that cite at least 3 patents that it cites as well, inside the landscape" in text
    assert "only those published before the query are" in text and "an IPC subclass" in text
    assert "25% of families for testing" in text and "iterative stratification, 4 times over" in text
    assert "at 90%, over 1,234 bootstrap resamples" in text and "100 sign flips at 10%" in text
    assert "MiniLM-static by R3" in text and "Transductive: no pair of a test query is learnt from." in text
    assert "Fine-tuning" not in say_protocol(bench(tmp_path)).data


def test_limits_are_those_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose_protocol, "retrieval_results", lambda _: (RESULTS, TESTS))
    study = bench(tmp_path)
    read = pd.DataFrame(
        {"system": ["a", "b"], "view": ["TA", "TAC"], "truncated": [0.25, 0.5], "read": [0.9, 0.7]}, index=[0, 0]
    )
    text = say_limits(study, read).data
    assert "is synthetic" in text and "Over 50 queries the intervals of nDCG@10 reach 0.150 to either side" in text
    assert "b cut 50% of the texts of view TAC" in text and "read 70% of their tokens" in text
    assert "There is no other landscape" in text
    assert "No text was cut off." in say_limits(study, read.assign(truncated=0.0)).data


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "Patent embeddings on a synthetic landscape"),
        ({"title": "Ours"}, "Ours (with a synthetic landscape)"),
        ({"title": "A Synthetic one"}, "A Synthetic one"),
        ({"landscape": {"source": "table", "name": "ours", "path": "x.csv"}}, "Patent embeddings on ours"),
    ],
)
def test_a_title_says_what_is_synthetic(tmp_path: Path, changes: dict[str, Any], title: str) -> None:
    assert page_title(bench(tmp_path, **changes).study) == title
