from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.archives import cut, tarred, zipped
from fixtures.commands import Patbench
from fixtures.hupd import application, packed, sample
from huggingface_hub import constants

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import load_landscape
from patbench_lib.landscape.judgements import Relevance, judge
from patbench_lib.landscape.label_sets import Labels, label_sets
from patbench_lib.landscape.origins import hupd
from patbench_lib.landscape.origins.hupd_application import read_application, symbol
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.origins.uspto_xml import UnreadableError
from patbench_lib.landscape.schema import Landscape


def read(*paths: Path, **asked: Any) -> tuple[Landscape, list[str]]:
    said: list[str] = []
    return find_origin("hupd").read(paths, Options(**{"say": said.append, **asked})), said


def found(made: Landscape, column: str = "documents") -> dict[str, int]:
    return {f.problem: f.count for f in made.report.findings if f.column == column}


def test_an_application_is_read_into_the_schema(tmp_path: Path) -> None:
    made, said = read(tarred(tmp_path / "2016.tar.gz", packed(application())))
    patent = made.patents.iloc[0]
    assert patent["publication_number"] == "US-20165000001-A1" and patent["office"] == "US"
    assert patent["title"] == "Ear piece" and patent["abstract"] == "An ear piece — für das Ohr."
    assert patent["claims"].startswith("1. An ear") and patent["description"].endswith("It is described.")
    assert patent["ipc"] == ["H04R"] and patent["cpc"] == ["H04R", "A61F"] and patent["cited"] == []
    assert patent["decision"] == ["ACCEPTED"] and made.label_sets == ("decision",) and made.rule_based == ()
    assert str(patent["publication_date"])[:10] == "2016-07-14" and patent["filing_date"] == "20160104"
    assert patent["patent_number"] == "" and patent["uspc"] == "381/312000"
    assert said == ["1 applications read; 1 kept"] and made.provenance.licence == "CC BY-SA 4.0"


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("A61M51723", "A61M"), ("h04r25", "H04R"), ("A61M 5/1723", "A61M 5/1723"), ("G06F", "G06F"), ("D-14", "D-14")],
)
def test_symbols_are_cut_to_what_is_sure_of_them(written: str, read_as: str) -> None:
    assert symbol(written) == read_as


def test_missing_sections_are_empty_and_the_description_is_put_together() -> None:
    row = read_application(json.dumps(application(abstract="None", full_description="", claims=None)).encode())
    assert row["abstract"] == "" and row["claims"] == "" and row["description"] == "Ears are known.\nIt fits."
    bare = {"application_number": "15", "title": "t", "abstract": "a", "claims": "", "decision": ""}
    row = read_application(json.dumps(bare).encode())
    assert row["publication_number"] == "US application 15" and row["decision"] == [] and row["ipc"] == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{", "no JSON: "),
        (b"\xff\xfe", "no JSON: "),
        (b"[1]", "no JSON object"),
        (b'{"application_number": "1", "claims": ""}', "it has no title and no abstract and no decision"),
        (
            json.dumps(application(application_number="", publication_number="None")).encode(),
            "neither application number",
        ),
        (b"[" * 100_000, "no JSON: "),
    ],
)
def test_what_is_no_application_says_why(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        read_application(content)


def test_a_damaged_member_is_listed_and_the_next_ones_are_read(tmp_path: Path) -> None:
    files = {**packed(application("15000001")), "2016/bad.json": b"{", **packed(application("15000002"))}
    made, said = read(tarred(tmp_path / "2016.tar.gz", files))
    assert len(made) == 2 and said[0].startswith("left out, 2016.tar.gz/2016/bad.json: no JSON")
    assert said[-1] == "3 applications read; 2 kept; 1 damaged and left out"
    assert [f.level for f in made.report.findings if "bad.json" in f.problem] == ["repaired"]


def test_a_member_that_unpacks_to_more_than_any_application_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hupd, "DOCUMENT_LIMIT", 3 << 20)
    members = {**packed(application()), "2016/bomb.json": b" " * (80 << 20)}
    path = tarred(tmp_path / "2016.tar.gz", members)
    tracemalloc.start()
    made, said = read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(made) == 1 and any("bomb.json: longer than 3 MiB" in line for line in said)
    assert peak < 40 << 20


def test_files_folders_and_archives_of_any_kind_are_one_landscape(tmp_path: Path) -> None:
    for name, content in packed(application("15000001"), application("15000002")).items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    tarred(tmp_path / "in" / "2016.tar", packed(application("15000002"), application("15000003")))
    zipped(tmp_path / "in" / "more.zip", packed(application("15000004")))
    made, _ = read(tmp_path / "in")
    assert len(made) == 4 and found(made) == {"repeats of a publication number, the first kept": 1}
    alone, _ = read(tmp_path / "in" / "2016" / "15000001.json", name="mine")
    assert alone.name == "mine" and alone.numbers == ["US-20165000001-A1"]


def test_parts_and_classes_choose(tmp_path: Path) -> None:
    decisions = ("ACCEPTED", "CONT-ACCEPTED", "REJECTED", "PENDING")
    some = [application(str(15_000_001 + i), decision=decision) for i, decision in enumerate(decisions)]
    other = application("15000009", main_cpc_label="A01B100", cpc_labels=[], ipcr_labels=[], main_ipcr_label="A01B100")
    path = tarred(tmp_path / "2016.tar.gz", packed(*some, other))
    counts = {part: len(read(path, part=part)[0]) for part in hupd.PARTS}
    assert counts == {"all": 5, "accepted": 3, "rejected": 1, "pending": 1}
    made, _ = read(path, codes=("h04r",), part="accepted")
    assert len(made) == 2 and found(made) == {"not accepted": 2, "of none of the classes asked for": 1}
    assert "accepted alone; of the classes h04r" in made.provenance.note
    with pytest.raises(PatbenchError, match="HUPD cannot be cut to H04R 25"):
        read(path, codes=("H04R25",))
    with pytest.raises(PatbenchError, match="Did you mean 'accepted'"):
        read(path, part="acepted")
    with pytest.raises(PatbenchError, match=r"No application is left.*\n.*of none of the classes asked for: 5"):
        read(path, codes=("C07D",))


def test_a_table_of_metadata_says_what_was_decided_later(tmp_path: Path) -> None:
    tarred(tmp_path / "2016.tar.gz", packed(application("15000001", decision="PENDING"), application("15000002")))
    table = pd.DataFrame({"application_number": ["15000001", "15000002"], "decision": ["REJECTED", "ACCEPTED"]})
    table.to_feather(tmp_path / "hupd_metadata.feather")
    made, _ = read(tmp_path, part="rejected")
    assert made.numbers == ["US-20165000001-A1"]
    assert found(made, "decision") == {"another in the table of metadata, which is later": 1}
    (tmp_path / "hupd_metadata.feather").write_bytes(b"x")
    with pytest.raises(PatbenchError, match="no table of HUPD's metadata"):
        read(tmp_path)


def test_cut_archives_members_that_lead_out_and_other_files_are_refused(tmp_path: Path) -> None:
    path = sample(tmp_path)
    with pytest.raises(PatbenchError, match="not a whole tar file"):
        read(cut(path, 0.5))
    with pytest.raises(PatbenchError, match="leads out of the folder"):
        read(tarred(tmp_path / "evil.tar.gz", {"../15.json": b"{}"}))
    with pytest.raises(PatbenchError, match=r"holds no \.json file"):
        read(tarred(tmp_path / "all-years.tar", {"2016.tar.gz": b""}))
    with pytest.raises(PatbenchError, match=r"(?s)No application is left.*damaged: 1, the first is x\.json: no app"):
        (tmp_path / "x.json").write_text("{}")
        read(tmp_path / "x.json")


def test_it_has_no_citations_and_says_so_when_asked_to_judge(tmp_path: Path) -> None:
    made, _ = read(sample(tmp_path))
    with pytest.raises(PatbenchError, match="has no citations at all"):
        judge(made, Relevance())
    sets, reasons = label_sets(made, Labels(sets=("decision", "cpc_subclass", "ipc_subclass"), min_support=8))
    assert [labels.name for labels in sets] == ["decision", "cpc_subclass", "ipc_subclass"] and not reasons


def test_the_sample_is_fetched_at_its_revision(
    tmp_path: Path, patbench: Patbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []
    path = sample(tmp_path)

    def download(repository: str, file: str, *, repo_type: str, revision: str) -> str:
        asked.append((repository, file, revision))
        return str(path)

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    done = patbench("landscape", "fetch", "hupd", "-o", tmp_path / "got", "--yes")
    assert done.code == 0 and "licence: CC BY-SA 4.0" in done.out and "label sets: decision" in done.out
    assert asked == [("HUPD/hupd", "data/sample-jan-2016.tar.gz", "f570a84b03663180b6034c1f7f4c15864f94385e")]
    kept = load_landscape(tmp_path / "got")
    assert kept is not None and len(kept) == 60
