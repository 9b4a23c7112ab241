from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fixtures.commands import Patbench
from fixtures.uspto import bulk, grant
from huggingface_hub import constants
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import load_landscape
from patbench_lib.landscape.origins import fetch, origin, uspto
from patbench_lib.landscape.origins.origin import Options, Origin, counted

REVISION = "0123456789abcdef0123456789abcdef01234567"

HOSTED = replace(
    uspto.ORIGIN,
    name="uspto",
    licence="CC BY-NC-SA 4.0",
    repository="someone/patents",
    revision=REVISION,
    files=("week1.xml", "week2.xml"),
    expected={"publications": 3, "queries": 7},
)


class Terminal(StringIO):
    """Someone who answers."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def hosted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, ...]]:
    """Put two files of patents onto a hub of this process; return what is asked of it."""
    asked: list[tuple[Any, ...]] = []
    files = {
        "week1.xml": bulk(tmp_path, grant(), name="week1.xml"),
        "week2.xml": bulk(tmp_path, grant("07000002"), name="week2.xml"),
    }

    def download(repository: str, file: str, **wanted: str) -> str:
        asked.append((repository, file, wanted))
        return str(files[file])

    use(monkeypatch, download)
    return asked


def use(monkeypatch: pytest.MonkeyPatch, download: Any) -> None:
    monkeypatch.setattr(uspto, "ORIGIN", HOSTED)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_a_source_is_downloaded_at_its_revision_read_and_kept(
    patbench: Patbench, home: Path, hosted: list[tuple[Any, ...]]
) -> None:
    done = patbench("landscape", "fetch", "uspto", "-o", home / "got", "--yes")
    assert done.code == 0 and "licence: CC BY-NC-SA 4.0" in done.out and REVISION in done.out
    wanted = {"repo_type": "dataset", "revision": REVISION}
    assert hosted == [("someone/patents", file, wanted) for file in HOSTED.files]
    assert f"publications: 2 found, 3 expected of someone/patents at {REVISION}" in done.out
    kept = load_landscape(home / "got")
    assert kept is not None and kept.numbers == ["US-7000001-B2", "US-7000002-B2"]
    assert kept.provenance.revision == REVISION


def test_without_a_name_the_folder_is_that_of_the_source(
    patbench: Patbench, home: Path, hosted: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    assert patbench("landscape", "fetch", "uspto", "--yes", "--codes", "G09B,A61H").code == 0
    assert load_landscape(home / "data" / "uspto") is not None


def test_nothing_is_downloaded_before_the_licence_is_accepted(
    patbench: Patbench, home: Path, hosted: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = patbench("landscape", "fetch", "uspto", "-o", home / "got")
    assert done.code == 1 and "`--yes` accepts them." in done.err and "licence: CC BY-NC-SA 4.0" in done.out
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert patbench("landscape", "fetch", "uspto", "-o", home / "got").code == 1
    assert hosted == [] and not (home / "got").exists()
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert patbench("landscape", "fetch", "uspto", "-o", home / "got").code == 0


def test_a_source_without_a_repository_names_the_command_that_reads_files(patbench: Patbench, home: Path) -> None:
    done = patbench("landscape", "fetch", "uspto", "-o", home / "got", "--yes")
    assert done.code == 1 and "patbench landscape build uspto FILES -o FOLDER" in done.err


class Answer:
    """As much of an answer by the hub as its errors ask for."""

    headers: dict[str, str] = {}  # noqa: RUF012
    request = None
    status_code = 403


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GatedRepoError("Access denied", response=Answer()), "run `hf auth login`"),  # type: ignore[arg-type]
        (EntryNotFoundError("404 no such file"), "404 no such file"),
        (ConnectionError("the line is dead"), "the line is dead"),
    ],
)
def test_a_failed_download_says_why_and_what_to_do_and_leaves_nothing(
    patbench: Patbench, home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def download(repository: str, file: str, **wanted: str) -> str:
        raise error

    use(monkeypatch, download)
    done = patbench("landscape", "fetch", "uspto", "-o", home / "got", "--yes")
    assert done.code == 1 and said in done.err and "Traceback" not in done.err
    assert "'uspto' could not be fetched from https://huggingface.co/datasets/someone/patents." in done.err
    assert f"download week1.xml, week2.xml at revision {REVISION} by hand" in done.err
    assert "patbench landscape build uspto FILES -o FOLDER" in done.err
    assert not (home / "got").exists()


def test_a_hub_that_is_switched_off_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PatbenchError, match="HF_HUB_OFFLINE is set"):
        fetch.download(HOSTED)


def test_a_hub_that_does_not_answer_is_told_by_its_cause(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    dead = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", dead)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)  # between its own attempts
    with pytest.raises(PatbenchError, match=r"ConnectError: .*refused") as caught:
        fetch.download(HOSTED)
    assert "by hand" in caught.value.todo


def test_counts_that_differ_from_the_pinned_ones_are_told_and_no_others() -> None:
    assert counted(HOSTED, {"publications": 3, "queries": 7, "pairs": 1}) == []
    line = f"queries: 1,000 found, 7 expected of someone/patents at {REVISION}"
    assert counted(HOSTED, {"publications": 3, "queries": 1000}) == [line]
    bare: Origin = replace(uspto.ORIGIN, expected={"publications": 1})
    assert counted(bare, {"publications": 2}) == [f"publications: 2 found, 1 expected of uspto at {bare.version}"]
    assert origin.asked_codes(Options(codes=("a61f", "G09B21"))) == ("A61F", "G09B 21")
