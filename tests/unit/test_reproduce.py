"""Expected numbers: the file, the verdicts, what is missing, and the command."""

from __future__ import annotations

import csv
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import typer
from fixtures.commands import Patbench

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.reproduce import Computed, reproduce, study_of, verdict
from patbench_lib.bench.reproduce_needs import missing, needs_of
from patbench_lib.bench.reproduced import answered, keep, kept_file
from patbench_lib.cli.app import app
from patbench_lib.errors import PatbenchError
from patbench_lib.models.registry import load_registry
from patbench_lib.parameters import make_study
from patbench_lib.reference.expected import Group, Row, find_rows, groups, rows

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT.parent / "shared" / "reference" / "published_retrieval.csv"
COLUMNS = {"v1_TA": "TA", "TAC": "TAC", "v3": "v3", "v4": "v4", "Claim1": "C1", "DWPI_TA": "DWPI", "mean": "mean"}


def row(name: str) -> Row:
    (found,) = find_rows([name])
    return found


def stated(value: float, digits: int, tolerance: float = 0.0005) -> Row:
    mine = row("patsnap.BM25.TA")
    group = mine.group.model_copy(update={"tolerance": tolerance})
    return replace(mine, group=group, value=value, digits=digits)


def state(expected: Row, found: float, tied: tuple[float, float] | None = None) -> str:
    return verdict(expected, Computed(found, 1, tied=tied))[0]


def test_a_value_equal_in_the_digits_given_is_ok() -> None:
    assert state(stated(0.3424, 4), 0.34244) == "OK"
    assert state(stated(0.153, 3), 0.1534) == "OK"


def test_the_limit_of_the_tolerance_is_within_it() -> None:
    expected = stated(0.3424, 4)
    assert state(expected, 0.3424 + 0.0005) == "OKish"
    assert state(expected, 0.3424 - 0.0005) == "OKish"
    assert state(expected, 0.34291) == "FAIL"
    assert state(expected, 0.34189) == "FAIL"
    assert state(stated(0.3424, 4, tolerance=0.01), 0.3514) == "OKish"


def test_a_value_that_ties_decide_is_held_against_the_nearest_of_their_orders() -> None:
    expected = stated(0.3424, 4)
    assert verdict(expected, Computed(0.3450, 1, tied=(0.3429, 0.3460))) == (
        "OKish",
        "orders of tied documents give 0.34290 to 0.34600",
    )
    assert state(expected, 0.3450, (0.34291, 0.3460)) == "FAIL"
    assert state(expected, 0.3400, (0.3390, 0.3419)) == "OKish"
    assert state(expected, 0.3400, (0.3390, 0.34189)) == "FAIL"


def test_digits_are_those_the_group_is_given_with_though_yaml_drops_a_last_zero() -> None:
    assert row("dapfam.PaECTER.IN").value == 0.386 and row("dapfam.PaECTER.IN").digits == 4
    assert row("rerank.bge-reranker-v2-m3.reranked").digits == 3


@pytest.mark.skipif(not REFERENCE.is_file(), reason=f"no published table at {REFERENCE}")
def test_the_published_table_is_copied_cell_by_cell() -> None:
    given = {}
    for line in csv.DictReader(REFERENCE.open(encoding="utf-8")):
        given |= {(line["model"], COLUMNS[key]): float(line[key]) for key in COLUMNS if line[key]}
    ours = {(r.system, r.id.rpartition(".")[2]): r.value for r in rows() if r.name in ("paper", "paper-other")}
    assert ours == given


def test_every_id_is_one_rows_and_every_row_has_a_source() -> None:
    names = [each.id for each in rows()]
    assert len(names) == len(set(names)) > 200
    assert all(each.group.source and each.group.data.name for each in rows())
    for each in groups().values():
        assert (each.certainty == "M") == (each.origin == "ours")


@pytest.mark.parametrize("name", groups())
def test_every_row_that_can_be_run_says_what_it_needs_and_names_commands_that_exist(name: str) -> None:
    root = typer.main.get_command(app)
    for each in find_rows([name]):
        assert (each.group.way == "cited") == (not each.commands)
        for line in each.commands:
            first, *words = shlex.split(line)
            assert first == "patbench"
            command = root
            while hasattr(command, "commands"):
                assert words[0] in command.commands, line
                command = command.commands[words.pop(0)]
            assert words
        if each.group.way != "cited" and each.group.data.path:
            assert each.group.data.get and each.group.data.path in needs_of(each)[0]


def test_every_system_that_can_be_run_has_a_card() -> None:
    assert {each.model for each in rows() if each.group.way != "cited"} <= set(load_registry())


@pytest.mark.parametrize("name", [n for n, g in groups().items() if g.way in ("retrieval", "rerank") and n != "dapfam"])
def test_the_study_of_a_row_asks_for_its_view_and_measure(name: str) -> None:
    for each in find_rows([name]):
        study = study_of(each)
        assert each.column.view in study.views and each.group.measure in study.measured()
        assert name == "rerank" or each.system in study.systems


def test_a_model_without_its_prompt_is_a_card_of_its_own() -> None:
    plain = find_rows(["dapfam.patembed-base-unprompted"])[0]
    given = {**plain.group.study, "relevance": {"relation": "cites"}}
    study = study_of(Row(**{**vars(plain), "group": plain.group.model_copy(update={"study": given})}))
    card = study.card("patembed-base-unprompted")
    assert card.prompts == {} and card.hf_id == load_registry()["patembed-base"].hf_id
    assert study.encoding.max_tokens == 512


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"way": "cited", "why": ""}, "`why` says why"),
        ({"study": {}}, "needs the `study`"),
        ({"values": {"BM25": {"TAX": 0.1}}}, "values name columns"),
        ({"tolerence": 0.1}, "tolerence"),
    ],
)
def test_a_group_that_is_not_whole_is_refused(fields: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Group.model_validate({**groups()["patsnap"].model_dump(), **fields})


def test_a_misspelt_row_is_answered_with_the_nearest(home: Path, patbench: Patbench) -> None:
    done = patbench("reproduce", "dapfam.PaECTR.ALL")
    assert done.code == 1 and "Did you mean 'dapfam.PaECTER.ALL'?" in done.err


def test_a_group_or_a_system_names_all_its_rows() -> None:
    assert len(find_rows(["dapfam"])) == 18
    assert [r.id for r in find_rows(["demo.BM25.TA", "demo.BM25"])] == ["demo.BM25.TAC", "demo.BM25.TA"]


def test_what_is_missing_is_named_with_how_to_get_it(home: Path, patbench: Patbench) -> None:
    done = patbench("reproduce", "dapfam.PaECTER.ALL")
    assert done.code == 0 and done.out.startswith("needs  dapfam.PaECTER.ALL")
    assert "data/dapfam" in done.out and "patbench models fetch PaECTER" in done.out
    cited = patbench("reproduce", "patenteb.PaECTER.IN")
    assert cited.code == 0 and "gated" in cited.out


def test_a_large_model_is_tried_without_a_gpu_only_where_its_row_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("patbench_lib.bench.reproduce_needs.locate", lambda card: tmp_path)
    monkeypatch.setattr("patbench_lib.bench.reproduce_needs._has_gpu", lambda: False)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "wipo_at.parquet").touch()
    large = row("paper.Qwen3-8B.TAC")
    assert re.fullmatch(r"a GPU with more than \d+ GB.*; name the row.*", *missing(large, tmp_path, named=False))
    assert missing(large, tmp_path, named=True) == []
    assert missing(row("paper.BGE-M3.TAC"), tmp_path, named=False) == []


def test_the_demo_is_reproduced_and_kept_with_provenance(home: Path, patbench: Patbench) -> None:
    told = home / "told.json"
    done = patbench("reproduce", "demo.BM25.TAC", "--json", told)
    assert done.code == 0 and done.out.startswith("OK")
    (record,) = json.loads(told.read_text(encoding="utf-8"))
    assert record["queries"] > 100 and abs(record["value"] - record["expected"]) < 0.0005
    kept = pd.read_parquet(kept_file(home)).iloc[0]
    assert kept["id"] == "demo.BM25.TAC" and kept["synthetic"] and len(kept["landscape_sha256"]) == 64
    assert kept["versions"] and kept["hardware"]


@pytest.fixture
def another_value(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(row: Row, root: Path) -> Computed:
        return Computed(row.value + 0.1, 573)

    monkeypatch.setattr("patbench_lib.bench.reproduce.computed_by_bench", wrong)


@pytest.mark.usefixtures("another_value")
def test_a_row_that_fails_makes_the_exit_code_1(home: Path, patbench: Patbench) -> None:
    done = patbench("reproduce", "demo.BM25.TAC")
    assert done.code == 1 and done.out.startswith("FAIL") and "1 FAIL" in done.out


def test_other_queries_than_expected_are_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = row("patsnap.BM25.TA")
    data = expected.group.data.model_copy(update={"path": "there"})
    (tmp_path / "there").touch()
    mine = Row(**{**vars(expected), "group": expected.group.model_copy(update={"data": data})})
    monkeypatch.setattr(
        "patbench_lib.bench.reproduce.computed_by_bench", lambda row, root: Computed(expected.value, 224)
    )
    (outcome,) = reproduce([mine], tmp_path, named=True)
    assert outcome.state == "FAIL" and "224 queries were judged, not 225" in outcome.said


def test_an_error_of_a_run_is_a_failure_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(row: Row, root: Path) -> Computed:
        raise PatbenchError("The table has no column 'abstract'.")

    monkeypatch.setattr("patbench_lib.bench.reproduce.computed_by_bench", broken)
    (outcome,) = reproduce([row("demo.BM25.TAC")], tmp_path, named=True)
    assert (outcome.state, outcome.said) == ("FAIL", "The table has no column 'abstract'.")


def test_a_page_has_values_of_its_own_study_and_kept_ones_that_are_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Bench(
        make_study({"name": "other", "landscape": {"source": "demo", "publications": 60}}, where="t"), tmp_path
    )
    assert answered(other).empty
    (outcome,) = reproduce([row("demo.BM25.TAC")], tmp_path, named=True)
    keep([outcome], tmp_path)
    assert answered(other)[["id", "from"]].to_numpy().tolist() == [["demo.BM25.TAC", "patbench reproduce"]]
    systems = {"systems": ["BM25"], "views": ["TAC"], "late_interaction": {"systems": []}}
    demo = Bench(make_study({"name": "mine", **systems}, where="t"), tmp_path)
    mine = answered(demo)
    assert mine[["id", "state", "from"]].to_numpy().tolist() == [["demo.BM25.TAC", "OK", "this study"]]
    monkeypatch.setattr("patbench_lib.bench.reproduced.row_key", lambda row: "changed")
    assert answered(other).empty
