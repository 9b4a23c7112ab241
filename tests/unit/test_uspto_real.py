"""The reader on real grants of 2007-11-20, in the original XML."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.commands import Patbench, small_study

from patbench_lib.bench.bench import Bench
from patbench_lib.landscape.codes import parse_symbol
from patbench_lib.landscape.folder import load_landscape
from patbench_lib.landscape.numbers import match_key
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.views import first_claim
from patbench_lib.parameters import read_study

ASSISTIVE = ("A61F", "A61G", "A61H", "G09B", "H04R")


def read(path: Path, **asked: Any) -> pd.DataFrame:
    options = Options(**{"say": lambda line: None, **asked})
    return find_origin("uspto").read([path], options).patents


@pytest.fixture
def redbook(shared: Path) -> Path:
    return shared / "uspto-redbook.zip"


def test_all_157_grants_have_title_claims_and_description(redbook: Path) -> None:
    patents = read(redbook)
    assert len(patents) == 157
    for section in ("title", "claims", "description"):
        assert (patents[section] != "").all()
    assert all(first_claim(claims) and not first_claim(claims)[0].isdigit() for claims in patents["claims"])
    assert not patents["description"].str.contains(r"&(?:amp|lt|gt|#\d+);|</|  ", regex=True).any()
    # The 24 designs have a Locarno class and no IPC, and no abstract.
    designs = patents["publication_number"].str.startswith("US-D").to_numpy()
    assert designs.sum() == 24
    assert ((patents["ipc"].map(len) == 0).to_numpy() == designs).all()
    assert ((patents["abstract"] == "").to_numpy() == designs).all()


def test_47_are_of_assistive_technology_one_of_them_a_reissue(redbook: Path) -> None:
    assert len(read(redbook, codes=ASSISTIVE)) == 47
    assert len(read(redbook, codes=ASSISTIVE, part="utility")) == 46
    assert len(read(redbook, part="utility")) == 131


def test_fields_of_goggles_are_those_read_from_the_xml_by_eye(redbook: Path) -> None:
    goggles = read(redbook).set_index("publication_number").loc["US-7296306-B2"]
    assert goggles["title"] == "Length-adjusting device for head strap of swimming/diving goggles"
    assert goggles["abstract"].startswith("A pair of swimming/diving goggles includes a goggle body, a buckle, and a ")
    assert goggles["abstract"].endswith("becomes larger to allow loosening of the head strap.")
    assert first_claim(goggles["claims"]).startswith("A pair of swimming/diving goggles comprising: a goggle body ")
    assert goggles["claims"].split("\n")[1] == (
        "2. The pair of swimming/diving goggles as claimed in claim 1 wherein the buckle body covers the through-hole."
    )
    assert goggles["claims"].count("\n") == 4
    assert goggles["description"].startswith("BACKGROUND OF THE INVENTION\n1. Field of the Invention\nThe present ")
    assert (
        "FIG. 9 illustrates a pair of swimming/diving goggles using a conventional buckle 1′" in goggles["description"]
    )
    assert goggles["ipc"] == ["A61F 9/02"] and goggles["uspc"] == "2/448; 24/170"
    assert goggles["cited"] == ["US-5588186-A", "US-5915541-A", "US-6691378-B1"]
    assert goggles["citation_category"] == ["cited by examiner"] * 3
    assert str(goggles["publication_date"])[:10] == "2007-11-20" and goggles["filing_date"] == "2006-01-12"
    assert goggles["application_number"] == "US-11306828"
    assert goggles["related_documents"] == "related-publication US-20070157373-A1"


def test_fields_of_others_are_those_read_from_the_xml_by_eye(redbook: Path) -> None:
    patents = read(redbook).set_index("publication_number")
    fridge = patents.loc["US-7296432-B2"]
    assert fridge["abstract"].startswith("Refrigerator housing including\nan one-piece external housing made (6) from ")
    assert fridge["priority_claims"].startswith("DE-10215120 (2002-04-05); DE-10215177 (2002-04-05); DE-10256954 (")
    assert fridge["related_documents"].endswith("national stage of PCT-EP-03-3557")

    massager = patents.loc["US-7297126-B2"]
    assert (massager["ipc"], massager["assignee"]) == (["A61H 1/00"], "Ronald L. Grose")
    assert massager["uspc"] == "601/57; 601/30; 601/49; 601/56; 5/915"
    assert len(massager["cited"]) == 10 and massager["claims"].count("\n") == 19
    assert massager["citation_category"][:4] == ["cited by other"] * 3 + ["cited by examiner"]

    resonator = patents.loc["US-7296329-B1"]
    assert resonator["ipc"][:2] == ["H04R 17/00", "B05D 5/12"] and resonator["assignee"] == "Agere Systems Inc."
    assert len(resonator["cited"]) == 67 and "JP-6-232671" in resonator["cited"]
    assert any(cited.startswith("WO-1998016956") for cited in resonator["cited"])

    mattress = patents.loc["US-7296315-B2"]
    assert mattress["related_documents"] == (
        "continuation of US-9907954; us-provisional-application US-60219074; related-publication US-20050022308-A1"
    )
    assert mattress["assignee"] == "Span-America Medical Systems, Inc."
    voice = patents.loc["US-RE39923-E1"]
    assert voice["related_documents"] == "reissue of US-7818853" and voice["ipc"] == ["A61F 2/20"]
    assert "LPF = q ( n - 1 ) + q ( n - 2 ) / 2 , [ Filter 1 ]" in patents.loc["US-7298305-B2"]["description"]
    assert "s-Block (7 rows × 2 columns) = 14 elements p-Block" in patents.loc["US-7297000-B1"]["description"]


def test_the_same_grants_in_a_table_made_by_another_reader_agree(redbook: Path, shared: Path) -> None:
    ours = read(redbook, part="utility").set_index("publication_number")
    table = pd.read_parquet(shared / "us-week-2007.parquet").set_index("publication_number").loc[ours.index]
    for (_, patent), (_, other) in zip(ours.iterrows(), table.iterrows(), strict=True):
        assert patent["title"] == other["title"] and patent["abstract"] == other["abstract"]
        for section, cut in (("claims", 1500), ("description", 1000)):
            assert re.sub(r"\s", "", patent[section])[:cut] == re.sub(r"\s", "", other[section])[:cut]
        assert patent["filing_date"] == other["filing_date"]
        assert set(patent["ipc"]) == {parse_symbol(code) for code in other["ipc"]}
        # The table has international numbers in other forms.
        mine, theirs = ({match_key(c) for c in p["cited"] if c[:2] != "WO"} for p in (patent, other))
        assert mine == theirs


@pytest.mark.parametrize(
    ("words", "count"), [((), 157), (("--part", "utility"), 131), (("--cpc", "A61F,A61G, A61H,G09B21,H04R25"), 34)]
)
def test_the_command_builds_a_folder_that_a_study_opens(
    patbench: Patbench, home: Path, redbook: Path, words: tuple[str, ...], count: int
) -> None:
    done = patbench("landscape", "build", "uspto", redbook, "-o", home / "build" / "at", *words)
    assert done.code == 0 and f"Wrote {count} publications" in done.out
    assert ("design patents: 24; left out" in done.out) == ("utility" in words)
    kept = load_landscape(home / "build" / "at")
    assert kept is not None and len(kept) == count
    source = {"source": "folder", "name": "at", "path": "build/at"}
    study = read_study(small_study(home, landscape=source, relevance={"relation": "coupling"}, depth=10))
    arena = Bench(study).arenas[0]
    assert arena.name == "at" and len(arena.landscape) == count and arena.views
    assert arena.landscape.fingerprint == kept.fingerprint


MEASURED = """
import json, re, sys
from pathlib import Path
from patbench_lib.landscape.origins.origin import Options, find_origin
made = find_origin("uspto").read([Path(path) for path in sys.argv[1:]], Options(say=lambda line: None))
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps({"peak": peak, "rows": len(made), "found": {f.problem: f.count for f in made.report.findings}}))
"""


def measured(path: Path, times: int) -> dict[str, Any]:
    """Read a file several times in a process of its own: its largest resident memory in KiB, rows and findings."""
    words = [sys.executable, "-c", MEASURED, *[str(path)] * times]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.slow
def test_memory_is_flat_when_the_file_is_read_twenty_times(redbook: Path) -> None:
    if not Path("/proc/self/status").is_file():
        pytest.skip("peak memory is read from /proc")
    once, often = measured(redbook, 1), measured(redbook, 20)
    assert once["rows"] == often["rows"] == 157
    assert often["found"]["repeats of a publication number, the first kept"] == 19 * 157
    print(f"peak {once['peak']:,} KiB once, {often['peak']:,} KiB twenty times")
    assert often["peak"] / once["peak"] < 1.2  # the XML of twenty alone is 166 MB
