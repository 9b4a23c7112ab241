"""The lines that run a notebook again."""

from __future__ import annotations

import shlex
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from fixtures.studies import SMALL, bench

from patbench_lib.bench.bench import Bench
from patbench_lib.errors import PatbenchError
from patbench_lib.parameters import dump_study, make_study, read_study
from patbench_lib.report.rerun import rerun
from patbench_lib.study import Study

ROOT = Path(__file__).parents[2]


def lines(bench: Bench, parameter: str = "seed") -> list[list[str]]:
    """Return the lines of the closing cell of notebook 03, in words."""
    text = rerun(bench, "03_retrieval", parameter).data
    return [shlex.split(line) for line in text.splitlines() if line.startswith(".venv/bin/")]


def asked_for(words: list[str], root: Path) -> Study:
    """Return the study that papermill would be given: the file's keys, then those of `-y`, then those of `-p`."""
    given: dict[str, object] = {}
    for option, value in pairwise(words):
        given |= yaml.safe_load((root / value).read_text()) if option == "-f" else {}
        given |= yaml.safe_load(value) if option == "-y" else {}
    if "-p" in words:
        at = words.index("-p")
        given[words[at + 1]] = int(words[at + 2])
    return make_study(given, where="test")


def test_a_shipped_study_is_named_by_its_file_and_nothing_else() -> None:
    same, *_ = lines(Bench(read_study(ROOT / "params" / "tiny.yaml"), ROOT, progress=False))
    assert same == [".venv/bin/papermill", "notebooks/03_retrieval.ipynb", "out.ipynb", "-f", "params/tiny.yaml"]


def test_what_was_run_otherwise_than_the_file_says_is_in_the_line() -> None:
    study = read_study(ROOT / "params" / "tiny.yaml").model_copy(update={"depth": 20})
    same, *_ = lines(Bench(study, ROOT, progress=False))
    assert same[3:] == ["-f", "params/tiny.yaml", "-y", "{depth: 20}"]
    assert asked_for(same, ROOT) == study


def test_a_study_that_was_built_is_read_from_there(tmp_path: Path) -> None:
    made = bench(tmp_path)
    made.paths.build.mkdir(parents=True)
    (made.paths.build / "study.yaml").write_text(dump_study(made.study))
    assert lines(made)[0][3:] == ["-f", "build/small/study.yaml"]


def test_a_study_without_a_file_is_written_out_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    same, *_ = lines(bench(tmp_path))
    assert "-f" not in same
    assert asked_for(same, tmp_path) == make_study(SMALL, where="test")


@pytest.mark.parametrize(
    ("parameter", "name", "value"),
    [("depth", "depth", 10), ("systems", "systems", ("BM25",)), ("views", "seed", 1), ("seed", "seed", 1)],
)
def test_the_second_line_changes_one_parameter(tmp_path: Path, parameter: str, name: str, value: object) -> None:
    """The small study has depth 20, two systems, one view, which cannot be halved, and seed 0."""
    made = bench(tmp_path)
    _, other, *_ = lines(made, parameter)
    assert asked_for(other, tmp_path) == made.study.model_copy(update={name: value})


def test_own_patents_take_two_lines(tmp_path: Path) -> None:
    *_, new, own = lines(bench(tmp_path))
    assert new[-2:] == ["-o", "study.yaml"] and own[-2:] == ["-f", "study.yaml"]
    assert new[1:3] == ["study", "new"]


def test_a_dictionary_cannot_be_halved(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="`fusion` is neither a number nor a list"):
        rerun(bench(tmp_path), "03_retrieval", "fusion")
