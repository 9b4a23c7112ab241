"""Notebooks on a made-up DAPFAM, built by the command, judged by the relations that it brings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
import yaml
from fixtures.dapfam import FILES, write_dapfam
from fixtures.notebooks import closing
from typer.testing import CliRunner

from patbench_lib.cli.landscapes import app

ROOT = Path(__file__).parents[2]
NAMES = ("03_retrieval", "05_fusion", "11_transfer")
CUT = ("encoding", "statistics", "fusion")
"""What of the tiny study makes this one small too."""

PLAIN = {"closely": 0, "looser": False, "remedies": []}
"""Nothing but a training of each recipe."""

Executed = tuple[Path, dict[str, nbformat.NotebookNode]]


def parameters(home: Path) -> dict[str, Any]:
    """Return `params/dapfam.yaml` with another path, and as small as the tiny study."""
    study, tiny = (yaml.safe_load((ROOT / "params" / name).read_text()) for name in ("dapfam.yaml", "tiny.yaml"))
    return {
        **study,
        **{part: tiny[part] for part in CUT},
        "landscape": {**study["landscape"], "path": str(home / "data" / "dapfam")},
        "views": ["TAC"],
        "systems": ["BM25", "LSA", "MiniLM-static"],
        "labels": {"sets": ["ipc_class"], "min_support": 8},
        "classification": {**tiny["classification"], "repeats": 1, "strengths": [1.0]},
        "clustering": tiny["clustering"],
        "finetuning": {**tiny["finetuning"], "recipes": study["finetuning"]["recipes"], **PLAIN},
    }


def transferred(home: Path) -> dict[str, Any]:
    """Return a study in the published one's roles: tuned on a landscape with citations, tested on this one as well."""
    study = parameters(home)
    return {
        **study,
        "name": "transferred",
        "landscape": {"source": "demo", "name": "assistive", "publications": 120},
        "external": {**study["landscape"], "relation": "given"},
        "relevance": {"relation": "cites"},
        "views": ["TA"],
        "finetuning": {**study["finetuning"], "recipes": ["R1", "R3"]},
    }


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """Build the landscape, and execute the notebooks in one home."""
    home = tmp_path_factory.mktemp("home")
    published = write_dapfam(home / "published")
    built = CliRunner().invoke(app, ["build", "dapfam", str(published), "-o", str(home / "data" / "dapfam")])
    assert built.exit_code == 0, built.output
    runs = {name: (name, parameters(home)) for name in NAMES} | {"transferred": ("11_transfer", transferred(home))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATBENCH_HOME", str(home))
        return home, {
            run: papermill.execute_notebook(
                str(ROOT / "notebooks" / f"{name}.ipynb"),
                str(home / f"{run}.ipynb"),
                parameters=study,
                progress_bar=False,
                cwd=str(ROOT),
            )
            for run, (name, study) in runs.items()
        }


def by_hand(home: Path) -> dict[str, set[str]]:
    """Return which queries have an answer in each stratum, counted off the published relations."""
    relations = pd.read_parquet(home / "published" / FILES[2])
    relations = relations[relations["relevance_score"] > 0]
    asked = {domain: set(relations.loc[relations["domain_rel"] == domain, "query_id"]) for domain in ("IN", "OUT")}
    return {**asked, "ALL": asked["IN"] | asked["OUT"]}


def test_strata_are_those_of_the_relations(executed: Executed) -> None:
    home, _ = executed
    results = pd.read_parquet(home / "results" / "dapfam" / "retrieval.results.parquet")
    for stratum, queries in by_hand(home).items():
        found = results[results["stratum"] == stratum]
        assert set(found["system"]) == {"BM25", "LSA", "MiniLM-static"}
        assert set(found["n"]) == {len(queries)}, stratum
    assert len(by_hand(home)["OUT"]) < len(by_hand(home)["IN"])


def test_scores_are_those_of_the_runs_against_the_relations(executed: Executed) -> None:
    home, _ = executed
    relations = pd.read_parquet(home / "published" / FILES[2])
    positive = relations[relations["relevance_score"] > 0]
    numbers = sorted(
        set(pd.read_parquet(home / "published" / FILES[0])["relevant_id"])
        | set(pd.read_parquet(home / "published" / FILES[1])["query_id"])
    )
    documents = set(pd.read_parquet(home / "published" / FILES[0])["relevant_id"])
    runs = sorted((home / "results" / "dapfam" / "runs").glob("dapfam.TAC.BM25.*.parquet"))
    scores = sorted((home / "results" / "dapfam" / "scores").glob("dapfam.TAC.BM25.*.parquet"))
    assert len(runs) == len(scores) == 1
    told = pd.read_parquet(scores[0]).set_index(["query", "stratum", "measure"])["value"]
    for row, found in pd.read_parquet(runs[0]).groupby("query"):
        query, ranked = numbers[int(row)], [numbers[document] for document in found["document"]]
        assert set(ranked) <= documents - {query}
        for domain in ("IN", "OUT"):
            mine = positive[(positive["query_id"] == query) & (positive["domain_rel"] == domain)]
            relevant = set(mine["relevant_id"])
            if relevant:
                recall = len(relevant & set(ranked)) / len(relevant)
                ranks = np.array([i for i, document in enumerate(ranked) if document in relevant])
                gain = (1 / np.log2(ranks + 2)).sum() / (1 / np.log2(np.arange(len(relevant)) + 2)).sum()
                assert told[query, domain, "Recall@100"] == pytest.approx(recall)
                assert told[query, domain, "nDCG@100"] == pytest.approx(gain)


@pytest.mark.parametrize("run", [*NAMES, "transferred"])
def test_every_notebook_closes_with_numbers(executed: Executed, run: str) -> None:
    text = closing(executed[1][run])
    assert any(character.isdigit() for character in text)
    assert "nan" not in text.split()


def test_a_model_tuned_on_citations_is_tested_by_given_judgements(executed: Executed) -> None:
    home, _ = executed
    compared = pd.read_parquet(home / "results" / "transferred" / "finetuning.comparisons.parquet")
    away = compared[(compared["landscape"] == "dapfam") & (compared["tested"] == "retrieval") & compared["whole"]]
    assert set(away["recipe"]) >= {"R1", "R3"} and set(away["measure"]) == {"nDCG@100"}
    assert {stratum: set(rows["n"]) for stratum, rows in away.groupby("stratum")} == {
        stratum: {len(queries)} for stratum, queries in by_hand(home).items()
    }
    home_rows = compared[(compared["landscape"] == "assistive") & (compared["tested"] == "retrieval")]
    assert len(home_rows) and not home_rows["whole"].any()
