from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from fixtures import uspto
from fixtures.uspto import APPLICATION, BOMBS, SEQUENCE, bomb, bulk, document_id, grant, ipcr

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins import uspto_reading
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.origins.uspto_documents import Document
from patbench_lib.landscape.schema import Landscape
from patbench_lib.landscape.views import first_claim


def read(*paths: Path, **asked: Any) -> tuple[Landscape, list[str]]:
    said: list[str] = []
    return find_origin("uspto").read(paths, Options(**{"say": said.append, **asked})), said


def found(landscape: Landscape) -> dict[str, int]:
    """Return what the report says of documents."""
    return {f.problem: f.count for f in landscape.report.findings if f.column == "documents"}


def row(landscape: Landscape, number: str) -> dict[str, Any]:
    return dict(landscape.patents.set_index("publication_number").loc[number])


def test_a_grant_is_read_into_the_schema(tmp_path: Path) -> None:
    made, said = read(bulk(tmp_path, grant()))
    patent = row(made, "US-7000001-B2")
    assert (patent["title"], patent["abstract"], patent["description"]) == ("Walker", "A walker.", "FIELD\nIt walks.")
    assert patent["claims"] == "1. A walker with: a wheel.\n2. The walker of claim 1."
    assert first_claim(patent["claims"]) == "A walker with: a wheel."
    assert patent["ipc"] == ["A61H 3/00"] and patent["office"] == "US"
    assert str(patent["publication_date"])[:10] == "2006-02-14" and patent["filing_date"] == "2004-01-02"
    assert said == ["1 documents read; 1 kept"]
    assert not made.provenance.synthetic and made.provenance.revision == "v4.2 2006-08-23"
    assert "public domain" in made.provenance.licence and len(made.provenance.sha256) == 64


def test_a_published_application_is_read_into_the_schema(tmp_path: Path) -> None:
    made, _ = read(bulk(tmp_path, APPLICATION))
    patent = row(made, "US-20150123456-A1")
    assert patent["title"] == "Hörgerät — hearing aid — 補聴器"
    assert patent["abstract"] == "A hearing aid with Vout of 10-3 V, a < b."
    assert patent["description"] == "See a 1 b 2 and y = x / 2 ."
    assert patent["claims"] == "1. A hearing aid.\n2. The aid of claim 21."
    assert first_claim(patent["claims"]) == "A hearing aid."
    assert patent["ipc"] == ["H04R 25/00"] and patent["cpc"] == ["H04R 25/505", "H04R 2225/021"]
    assert patent["cited"] == ["US-20040012345-A1", "WO-2001006951-A1", "EP-495168-A2"]
    assert patent["citation_category"] == ["cited by applicant", "cited by examiner", ""]
    assert patent["assignee"] == "Hör & Co." and patent["priority_claims"] == "JP-2013123456 (2013-11-05)"
    assert patent["related_documents"] == "continuation of US-13999999"
    told = {(f.column, f.count) for f in made.report.findings}
    assert {("cited", 1), ("claims", 1)} <= told


def test_older_ipc_and_the_us_classification_are_read(tmp_path: Path) -> None:
    page = (
        "<classification-ipc><edition>07</edition><main-classification>A61F  204</main-classification>"
        "<further-classification>G09B021/00</further-classification></classification-ipc>"
        "<classification-national><country>US</country><main-classification>  2448</main-classification>"
        "<further-classification> 2458712</further-classification><further-classification>D 3  5"
        "</further-classification></classification-national>"
    )
    patent = row(read(bulk(tmp_path, grant(page=page)))[0], "US-7000001-B2")
    assert patent["ipc"] == ["A61F 2/04", "G09B 21/00"] and patent["uspc"] == "2/448; 24/587.12; D3/5"


def test_other_sorts_of_documents_are_counted_and_left_out(tmp_path: Path) -> None:
    others = [
        grant("D0555349", "S1", sort="design"),
        grant("PP018241", "P2", sort="plant"),
        grant("RE039923", "E1", sort="reissue"),
        grant("H0002200", "H1", sort="sir"),
        SEQUENCE,
        f"{uspto.HEADER}<PATDOC/>\n",
    ]
    path = bulk(tmp_path, grant(), *others, grant(title="Again"))
    made, said = read(path, part="utility")
    assert made.numbers == ["US-7000001-B2"] and row(made, "US-7000001-B2")["title"] == "Walker"
    assert found(made) == {
        "design patents": 1,
        "plant patents": 1,
        "reissue patents": 1,
        "statutory invention registration patents": 1,
        "sequence listings": 1,
        "documents of another format, <PATDOC>": 1,
        "repeats of a publication number, the first kept": 1,
    }
    assert said[-1].startswith("8 documents read; 1 kept; 1 left out (design patents)")
    every, _ = read(path)
    assert every.numbers == ["US-7000001-B2", "US-D555349-S1", "US-H2200-H1", "US-PP18241-P2", "US-RE39923-E1"]
    with pytest.raises(PatbenchError, match="Did you mean 'utility'"):
        read(path, part="utilty")


def test_a_damaged_document_is_told_and_the_next_ones_are_read(tmp_path: Path) -> None:
    torn = grant("07000002").replace("</invention-title>", "")
    deep = grant("07000003", title="<b>" * 100_000 + "</b>" * 100_000)
    nameless = grant("").replace("<doc-number>10000001</doc-number>", "")
    cut = grant("07000005")[:-40]
    made, said = read(bulk(tmp_path, grant(), torn, deep, nameless, grant("07000004"), cut))
    assert made.numbers == ["US-7000001-B2", "US-7000004-B2"]
    lines = [f.problem for f in made.report.findings if f.level == "repaired" and f.column == "documents"]
    assert [line.partition(": ")[0] for line in lines] == [
        "ipg060214.xml, document 2 (US-7000002-B2)",
        "ipg060214.xml, document 3 (US-7000003-B2)",
        "ipg060214.xml, document 4",
        "ipg060214.xml, document 6 (US-7000005-B2)",
    ]
    assert "mismatched tag" in lines[0] and "nested too deeply" in lines[1] and "no publication number" in lines[2]
    assert said[:4] == [f"left out, {line}" for line in lines] and said[4].endswith("4 damaged and left out")


@pytest.mark.parametrize("kind", sorted(BOMBS))
def test_a_document_with_entities_of_its_own_is_refused_with_memory_flat(tmp_path: Path, kind: str) -> None:
    path = bulk(tmp_path, grant(), bomb(BOMBS[kind]), grant("07000002"))
    tracemalloc.start()
    made, said = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made.numbers == ["US-7000001-B2", "US-7000002-B2"]
    assert "document 2 (US-7000666-B2): refused: it declares the entity l" in said[0]
    assert peak < 60e6  # the least of these bombs would expand to 100 MB


def test_a_document_above_the_limit_is_listed(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match=r"Documents met: 2.*longer than 64 MiB") as caught:
        read(bulk(tmp_path, grant(body="<abstract><p>" + "x" * (65 << 20) + "</p></abstract>"), SEQUENCE))
    assert "(US-7000001-B2)" in str(caught.value) and "sequence listings: 1" in str(caught.value)


def test_a_sequence_listing_above_the_limit_is_no_damage() -> None:
    class Rows:
        def __len__(self) -> int:
            return 0

    reading = uspto_reading.Reading(Rows(), (), False, print)  # type: ignore[arg-type]
    reading.take("ipg.xml", Document(1, SEQUENCE.encode()[:200], whole=False))
    assert dict(reading.tally.left_out) == {"sequence listings": 1} and not reading.tally.damaged


def test_missing_sections_are_empty(tmp_path: Path) -> None:
    made, _ = read(bulk(tmp_path, grant(page="", title="", body="")))
    patent = row(made, "US-7000001-B2")
    assert [patent[name] for name in ("title", "abstract", "claims", "description", "assignee", "uspc")] == [""] * 6
    assert [patent[name] for name in ("ipc", "cpc", "cited", "citation_category")] == [[]] * 4
    assert patent["family_id"] == "US-7000001-B2"


CLASSES = {
    "07000001": ipcr("G", "09", "B", "21", "00"),
    "07000002": ipcr("G", "09", "B", "2", "10"),
    "07000003": ipcr("H", "04", "R", "25", "02"),
    "07000004": ipcr("H", "04", "R", "17", "00"),
    "07000005": ipcr("G", "09", "B", "210", "00"),
}


@pytest.mark.parametrize(
    ("codes", "kept"),
    [
        (("G09B21",), "1"),
        (("G09B 21/00",), "1"),
        (("g09b",), "125"),
        (("G09",), "125"),
        (("G09B 2", "H04R  25"), "23"),
        (("H04R25/02",), "3"),
        ((), "12345"),
    ],
)
def test_classes_are_compared_as_places_in_the_hierarchy(tmp_path: Path, codes: tuple[str, ...], kept: str) -> None:
    documents = [grant(n, page=f"<classifications-ipcr>{c}</classifications-ipcr>") for n, c in CLASSES.items()]
    made, _ = read(bulk(tmp_path, *documents), codes=codes)
    assert made.numbers == [f"US-700000{digit}-B2" for digit in kept]
    assert found(made).get("of none of the classes asked for", 0) == 5 - len(kept)


def test_a_cpc_symbol_is_enough_and_what_is_no_symbol_is_refused(tmp_path: Path) -> None:
    assert len(read(bulk(tmp_path, APPLICATION), codes=("H04R2225",))[0]) == 1
    with pytest.raises(PatbenchError, match="Not an IPC or CPC symbol: 'hearing'"):
        read(bulk(tmp_path, APPLICATION), codes=("H04R", "hearing"))
    with pytest.raises(PatbenchError, match="of none of the classes asked for: 1"):
        read(bulk(tmp_path, APPLICATION), codes=("A61F",))


def related(entry: str) -> str:
    return f"<us-related-documents>{entry}</us-related-documents>"


def parent(number: str, sort: str = "continuation") -> str:
    return f"<{sort}><relation><parent-doc>{document_id('US', number)}</parent-doc></relation></{sort}>"


DE = "<priority-claim><country>DE</country><doc-number>{}</doc-number></priority-claim>"
PRIORITY = f"<priority-claims>{DE}</priority-claims>"


def test_families_join_what_documents_name_and_chains_through_those_left_out(tmp_path: Path) -> None:
    pct = "<pct-or-regional-filing-data>{}</pct-or-regional-filing-data>"
    documents = {
        # 1 continues an application that is not here; 2 is a division of the same; 3 names the grant of 2.
        "07000001": ("10000001", related(parent("09/000,001"))),
        "07000002": ("10000002", related(parent("09000001", "division"))),
        "07000003": ("10000003", related(f"<related-publication>{document_id('US', '7000002')}</related-publication>")),
        # Two with one priority, written differently; a third with another.
        "07000004": ("10000004", PRIORITY.format("102 15 120")),
        "07000005": ("10000005", PRIORITY.format("10215120")),
        "07000006": ("10000006", PRIORITY.format("10215121")),
        # The same international application, its year in two digits and in four.
        "07000007": ("10000007", pct.format(document_id("WO", "PCT/EP03/03557"))),
        "07000008": ("10000008", pct.format(document_id("WO", "PCT/EP2003/003557"))),
        # An application of the number of a grant above is another document.
        "07000009": ("10000009", related(parent("7000001"))),
    }
    files = [grant(n, application=a, page=p) for n, (a, p) in documents.items()]
    # The link between 10 and 11 is known from a design alone, which is not kept.
    files += [grant("07000010", application="10000010", page=""), grant("07000011", application="10000011", page="")]
    bridge = related(parent("10000010") + parent("10000011"))
    files += [grant("D0000001", "S1", sort="design", application="29000001", page=bridge)]
    made, _ = read(bulk(tmp_path, *files), part="utility")
    groups: dict[str, set[str]] = {}
    for number, family in zip(made.numbers, made.patents["family_id"], strict=True):
        groups.setdefault(family, set()).add(number.removeprefix("US-").removesuffix("-B2"))
    assert sorted(map(sorted, groups.values())) == [
        ["7000001", "7000002", "7000003"],
        ["7000004", "7000005"],
        ["7000006"],
        ["7000007", "7000008"],
        ["7000009"],
        ["7000010", "7000011"],
    ]
    assert made.patents["family_id"].iloc[0] == "US-7000001-B2"


def test_several_files_are_one_landscape_and_a_repeat_across_them_is_found(tmp_path: Path) -> None:
    first = bulk(tmp_path, grant(), name="ipg1.xml")
    made, _ = read(first, bulk(tmp_path, grant(), grant("07000002"), name="ipg2.xml"), name="mine")
    assert (made.name, len(made), made.provenance.path) == ("mine", 2, "ipg1.xml, ipg2.xml")
    assert found(made) == {"repeats of a publication number, the first kept": 1}


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uspto_reading, "SAID_EVERY", 2)
    _, said = read(bulk(tmp_path, *(grant(f"0700000{i}") for i in range(5))))
    assert said[:2] == [f"{n} documents read, {n} kept; now in ipg060214.xml" for n in (2, 4)]
