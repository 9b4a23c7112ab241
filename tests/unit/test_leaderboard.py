"""The leaderboard: what is read off tables of results, ranks by hand, cited rows, and a table that adapts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures.studies import bench
from hypothesis import given
from hypothesis import strategies as st

from patbench_lib.bench.cited import GROUPS, LEADING, PAPER, of_paper, published
from patbench_lib.bench.leaderboard import COLUMNS, board, ranks
from patbench_lib.bench.rates import encoding_rates
from patbench_lib.bench.reproduced import COLUMNS as ANSWERED
from patbench_lib.bench.results import retrieval_results
from patbench_lib.reference.expected import groups
from patbench_lib.report.leaderboard_figures import NO_RANK, close_leaderboard, ranks_figure
from patbench_lib.report.leaderboard_tables import (
    CITED,
    HERE,
    RANK,
    board_frame,
    board_table,
    published_frame,
    published_table,
    views_frame,
    views_table,
)
from patbench_lib.report.sortable import sortable

NOTHING = pd.DataFrame(columns=ANSWERED)


def values(cells: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Return a board of tasks by systems, all of them deciding."""
    rows = [
        {"task": t, "view": "TA", "measure": "m", "stratum": "ALL", "system": s, "value": v, "decides": True}
        for t, mine in cells.items()
        for s, v in mine.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"decides": bool})


def test_ranks_by_hand() -> None:
    placed = ranks(values({"one": {"a": 0.3, "b": 0.2, "c": 0.2}, "two": {"a": 0.1, "b": 0.5, "c": 0.4}}))
    assert placed["one"].to_dict() == {"b": (2 + 3) / 2, "a": 1.0, "c": (2 + 3) / 2}
    assert placed["mean"].to_dict() == {"b": (2.5 + 1) / 2, "a": (1 + 3) / 2, "c": (2.5 + 2) / 2}
    assert list(placed.index) == ["b", "a", "c"]


def test_a_system_that_lacks_a_task_takes_no_place_in_the_others() -> None:
    placed = ranks(values({"one": {"words": 0.9, "a": 0.3, "b": 0.2}, "two": {"a": 0.1, "b": 0.5}}))
    assert placed["one"].to_dict() == {"a": 1.0, "b": 2.0}


def test_without_any_task_there_is_no_rank_and_it_is_said() -> None:
    nothing = values({})
    assert ranks(nothing).empty
    assert NO_RANK in close_leaderboard(nothing, ["a"]).data
    assert ranks_figure(nothing, synthetic=False).get_axes()


@given(st.lists(st.lists(st.floats(0, 1), min_size=4, max_size=4), min_size=1, max_size=5))
def test_ranks_of_a_task_sum_to_those_of_any_order(cells: list[list[float]]) -> None:
    placed = ranks(values({f"t{n}": dict(zip("abcd", mine, strict=True)) for n, mine in enumerate(cells)}))
    assert np.allclose(placed.sum(), 1 + 2 + 3 + 4), "of every task, and of the mean as well"
    assert placed["mean"].is_monotonic_increasing


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_values_are_those_of_the_tables_of_results(home: Path) -> None:
    study = bench(home)
    found, (results, _) = board(study), retrieval_results(study)
    mine = results[(results["measure"] == "nDCG@10") & (results["system"] == "BM25")].set_index("stratum")["value"]
    own = found[(found["task"] == "retrieval") & (found["system"] == "BM25")].set_index("stratum")["value"]
    assert own.to_dict() == mine.to_dict()
    assert found.groupby("task", sort=False)["decides"].sum().loc["retrieval"] == len(study.study.systems)
    assert set(found[found["task"] == "clustering"]["measure"]) == {"V-measure", "ARI"}
    assert set(found["system"]) == set(study.study.systems), "no baseline that is no system"


def test_a_board_has_those_that_were_run_and_those_that_are_cited(home: Path) -> None:
    study = bench(home)
    found, rates = board(study), encoding_rates(study)
    frame = board_frame(study, found, rates).set_index("system")
    ran = frame[frame["values"] == HERE]
    assert set(ran.index) == {"BM25", "MiniLM-static"}
    assert set(ran.index) | set(frame[frame["values"] == CITED].index) == set(groups()[PAPER].values) | {
        "MiniLM-static"
    }
    cited = frame.loc["Qwen3-8B"]
    assert cited["published nDCG@10, TA"] == groups()[PAPER].values["Qwen3-8B"]["TA"] == 0.1788
    assert cited["dimensions"] == 4096 and pd.isna(cited["nDCG@10"]) and pd.isna(cited[RANK])
    assert frame.loc["BM25", "published nDCG@10, TA"] == 0.1403, "beside ours"
    assert pd.isna(frame.loc["BM25", RANK]), "words give no vectors to cluster"
    shown = board_table(frame.reset_index(), found, synthetic=True).as_raw_html()
    assert "Synthetic landscape." in shown and HERE in shown and CITED in shown


def test_without_labels_or_another_landscape_the_board_is_retrieval_alone(tmp_path: Path) -> None:
    study = bench(tmp_path, labels={"min_support": 1000})
    found = board(study)
    frame = board_frame(study, found, encoding_rates(study))
    assert set(found["task"]) == {"retrieval"}
    assert [name for name in frame if "F1" in name or "ARI" in name or "external" in name] == []
    assert frame[RANK].notna().sum() == 2, "with one task, words are ranked too"
    assert "over 1 task, among 2 systems" in close_leaderboard(found, study.study.systems).data


def test_a_view_stands_beside_the_published_value_of_the_same_system_and_view(home: Path) -> None:
    study = bench(home, views=["TA", "C1", "TAC1"])
    frame = views_frame(study, board(study)).set_index("system")
    assert list(frame) == ["TA", "published TA", "C1", "published C1", "TAC1"]
    assert frame.loc["BM25", "published C1"] == groups()[PAPER].values["BM25"]["C1"]
    assert pd.isna(frame.loc["MiniLM-static", "published TA"])


def test_where_nothing_is_retrieved_the_table_of_views_says_so(home: Path) -> None:
    frame = views_frame(bench(home), values({"clustering": {"a": 0.1}}))
    assert "Nothing is retrieved" in views_table(frame, "nDCG@10", synthetic=False).as_raw_html()


def test_a_view_that_was_not_published_is_held_against_the_leading_one() -> None:
    view, cited = of_paper("TAD")
    assert view == LEADING and cited["Qwen3-8B"] == groups()[PAPER].values["Qwen3-8B"][LEADING]
    assert "Llama-Nemotron-8B" not in cited


def test_every_group_that_is_cited_exists_and_is_published() -> None:
    assert {groups()[name].origin for name in GROUPS} == {"published"}
    cited = published(NOTHING)
    assert len(cited) == sum(len(cells) for name in GROUPS for cells in groups()[name].values.values())


def test_ours_stands_in_brackets_where_the_same_number_was_computed() -> None:
    answer = {"id": "dapfam.PaECTER.ALL", "state": "OK", "expected": 0.3424, "value": 0.34242}
    frame = published_frame(pd.DataFrame([answer], columns=ANSWERED)).set_index("system")
    assert frame.loc["PaECTER", "dapfam ALL"] == "0.3424 (here 0.3424)"
    assert frame.loc["PaECTER", "dapfam IN"] == "0.3860"
    assert list(frame)[:4] == [f"paper {view}" for view in groups()[PAPER].columns]
    assert "dapfam: nDCG@100." in published_table(frame.reset_index()).as_raw_html()


def test_a_sortable_table_loads_nothing() -> None:
    html = str(sortable(published_table(published_frame(NOTHING))).data)
    assert "http" not in html.replace("http://www.w3.org", "") and "<script src" not in html
    assert 'data-quarto-disable-processing="true"' in html
