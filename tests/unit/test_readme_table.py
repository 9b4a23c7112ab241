"""The README's table of results: from the leaderboard's values, between its marks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from patbench_lib.bench.leaderboard import COLUMNS
from patbench_lib.errors import PatbenchError
from patbench_lib.report.readme_table import BEGIN, END, results_table, with_results

ROOT = Path(__file__).parents[2]
VALUES = pd.DataFrame(
    [
        ("retrieval", "TA", "nDCG@10", "ALL", "BM25", 0.5, True),
        ("retrieval", "TA", "nDCG@10", "ALL", "a_b*", 0.25, True),
        ("retrieval", "TA", "nDCG@10", "ALL", "c", 0.1234, True),
        ("retrieval", "TA", "nDCG@10", "IN", "c", 0.9, False),
        ("clustering", "TA", "V-measure", "ALL", "a_b*", 0.5, True),
        ("clustering", "TA", "V-measure", "ALL", "c", 0.5, True),
    ],
    columns=COLUMNS,
)


def test_systems_stand_by_mean_rank_and_the_best_of_each_task_is_bold() -> None:
    assert results_table(VALUES).splitlines() == [
        "| system | retrieval, nDCG@10 | clustering, V-measure | mean rank |",
        "|:--|--:|--:|--:|",
        "| a_b\\* | 0.250 | **0.500** | 1.25 |",
        "| c | 0.123 | **0.500** | 1.75 |",
        "| BM25 | **0.500** | – | – |",
    ]


def test_the_table_takes_the_place_of_the_one_before() -> None:
    once = with_results(f"Head\n{BEGIN}\nold\n{END}\nTail", "| new |", "*Synthetic.*")
    assert once == f"Head\n{BEGIN}\n\n| new |\n\n*Synthetic.*\n\n{END}\nTail"
    assert with_results(once, "| new |", "*Synthetic.*") == once
    with pytest.raises(PatbenchError, match="no place for results"):
        with_results("no marks", "", "")


def test_the_readme_has_three_figures_and_says_that_its_results_are_synthetic() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition(BEGIN)[2].partition(END)[0]
    assert "| BM25 |" in table and "Synthetic landscape" in table
    shown = {part.partition(")")[0] for part in text.split("](figures/")[1:]}
    assert len({name for name in shown if name.endswith(".svg")}) == 3
    assert all((ROOT / "figures" / name).is_file() for name in shown)
