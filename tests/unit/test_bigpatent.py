from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.archives import cut, tarred, zipped
from fixtures.bigpatent import clusters, lines, record, splits, write_files
from fixtures.commands import Patbench
from huggingface_hub import constants

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.folder import load_landscape
from patbench_lib.landscape.label_sets import Labels, label_sets
from patbench_lib.landscape.origins import bigpatent, fetch
from patbench_lib.landscape.origins.bigpatent_lines import SECTIONS
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.schema import Landscape
from patbench_lib.landscape.views import missing_sections, view_texts


def read(*paths: Path, **asked: Any) -> Landscape:
    return find_origin("bigpatent").read(paths, Options(**{"say": lambda line: None, **asked}))


def found(made: Landscape, column: str) -> dict[str, int]:
    return {f.problem: f.count for f in made.report.findings if f.column == column}


@pytest.mark.parametrize("kind", ["folder", "data.zip", "data.tar", "data.tar.gz"])
def test_its_own_files_are_read_by_split_and_section_wherever_they_lie(tmp_path: Path, kind: str) -> None:
    pack = {"folder": write_files, "data.zip": zipped}.get(kind, tarred)
    path = pack(tmp_path / kind, splits())
    made = read(path)
    assert len(made) == 24 and made.label_sets == ("section",)
    counts = made.patents["section"].str[0].value_counts()
    assert dict(counts) == {"A": 8, "G": 8, "Y": 8}
    first = made.patents.iloc[0]
    assert first["publication_number"] == "US-8000000-B2" and first["application_number"] == "US-13000000-A"
    assert first["abstract"] == "a shoe with a heel — für lace ." and first["description"].startswith("the shoe 0")
    assert first["office"] == "US" and first["title"] == "" and first["cited"] == []
    chosen = read(path, part="test", codes=("g", "Y"), name="mine")
    assert len(chosen) == 8 and chosen.name == "mine" and "split test; of the sections g, Y" in chosen.provenance.note
    told = found(chosen, "documents")
    assert told == {"not of the split test": 12, "of none of the sections asked for": 4}


def test_an_archive_of_one_split_and_a_file_alone_know_their_place(tmp_path: Path) -> None:
    files = {name.partition("/")[2]: content for name, content in splits().items() if name.startswith("val/")}
    assert len(read(zipped(tmp_path / "val.zip", files), part="val")) == 12
    folder = write_files(tmp_path / "data", splits())
    alone = read(folder / "test" / "y" / "data_0.gz", part="test")
    assert [labels[0] for labels in alone.patents["section"]] == ["Y"] * 4
    write_files(tmp_path, {"loose.gz": lines(record())})
    with pytest.raises(PatbenchError, match=r"No text is left.*\n.*it lies in no folder of a section"):
        read(tmp_path / "loose.gz")


def test_mtebs_clusters_are_descriptions_with_numbers_for_sections(tmp_path: Path) -> None:
    made = read(clusters(tmp_path / "data"))
    assert made.numbers == [f"text-{i:06d}" for i in range(1, 7)]
    assert [labels[0] for labels in made.patents["section"]] == ["1", "3", "4"] * 2
    assert made.has("description") and not made.has("abstract")
    assert missing_sections(made, "A") == ["abstract"] and view_texts(made, "D", description_words=2)[0] == "the shoe"
    assert found(made, "section") == {"a number, and which section it is is not told": 6}
    assert len(read(tmp_path / "data", part="test")) == 6


def test_mtebs_older_layouts_in_json_lines_are_read(tmp_path: Path) -> None:
    one = {"sentences": ["a shoe", "a clock"], "labels": ["a", "g"]}
    write_files(
        tmp_path,
        {"test.jsonl.gz": lines(one, {"sentences": "a panel", "labels": "y"}, {"sentences": "x", "labels": [2]})},
    )
    made = read(tmp_path / "test.jsonl.gz")
    assert [labels[0] for labels in made.patents["section"]] == ["A", "G", "Y", "2"]
    assert made.patents["description"].tolist() == ["a shoe", "a clock", "a panel", "x"]


def test_damaged_lines_are_listed_and_the_next_ones_are_read(tmp_path: Path) -> None:
    bad = {"sentences": ["one", "two"], "labels": ["a"]}
    content = gzip.compress(b"\n".join([json.dumps(record()).encode(), b"{", b"[1]", b"", json.dumps(bad).encode()]))
    said: list[str] = []
    made = read(write_files(tmp_path, {"test/a/data_0.gz": content}), say=said.append)
    assert len(made) == 1 and said[-1] == "4 texts read; 1 kept; 3 damaged and left out"
    lines_told = [f.problem for f in made.report.findings if f.level == "repaired" and f.column == "documents"]
    assert [line.split(":")[0] for line in lines_told] == [f"data_0.gz, line {n}" for n in (2, 3, 5)]
    assert "2 texts with 1 labels" in lines_told[2] and "neither publication_number" in lines_told[1]


def test_repeats_and_empty_texts(tmp_path: Path) -> None:
    content = lines(record(1), record(1), record(2, abstract=None))
    made = read(write_files(tmp_path, {"val/a/data_0.gz": content}))
    assert len(made) == 2 and found(made, "documents") == {"repeats of a publication number, the first kept": 1}
    assert found(made, "abstract")["empty"] == 1


def test_counts_of_a_whole_split_are_held_against_the_version_stated(tmp_path: Path) -> None:
    files = {f"test/{section.lower()}/data_0.gz": lines(record(i, "a")) for i, section in enumerate(SECTIONS)}
    made = read(write_files(tmp_path / "all", files))
    line = "publications of test: 9 found, 67,072 expected of bigpatent at version 2.1.2, as its card has them"
    assert list(found(made, "counts")) == [line]
    del files["test/y/data_0.gz"]
    assert not found(read(write_files(tmp_path / "some", files)), "counts")


def test_bad_files_are_refused(tmp_path: Path) -> None:
    whole = tarred(tmp_path / "data.tar.gz", splits(40))
    with pytest.raises(PatbenchError, match="not a whole tar file"):
        read(cut(whole, 0.5))
    with pytest.raises(PatbenchError, match="leads out of the folder"):
        read(zipped(tmp_path / "evil.zip", {"test/../../a/data.gz": b""}))
    with pytest.raises(PatbenchError, match=r"(?s)holds no .*unpack an archive that holds archives"):
        read(tarred(tmp_path / "bigPatentData.tar", {"train.tar.gz": b"x"}))
    write_files(tmp_path, {"test/a/short.gz": lines(record())[:-9]})
    with pytest.raises(PatbenchError, match="not a whole gzip file"):
        read(tmp_path / "test" / "a" / "short.gz")
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(PatbenchError, match="has no column sentences and no labels"):
        read(tmp_path / "other.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(PatbenchError, match="not a readable Parquet file"):
        read(tmp_path / "bad.parquet")
    with pytest.raises(PatbenchError, match="cannot be cut to A61F"):
        read(whole, codes=("A61F",))
    with pytest.raises(PatbenchError, match="Did you mean 'train'"):
        read(whole, part="trian")


def test_its_sections_are_gold_for_clusters(tmp_path: Path) -> None:
    made = read(tarred(tmp_path / "data.tar", splits(10)))
    sets, reasons = label_sets(made, Labels(sets=("section",)))
    assert not reasons and set(sets[0].labels) == {"A", "G", "Y"}


def test_mtebs_set_is_fetched_at_its_revision_with_what_is_known_of_it(
    tmp_path: Path, patbench: Patbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = clusters(tmp_path / "hub" / "data")
    names = tuple(f"data/{path.name}" for path in sorted(folder.iterdir()))
    monkeypatch.setattr(bigpatent, "ORIGIN", replace(bigpatent.ORIGIN, files=names))
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda place, name, **asked: str(tmp_path / "hub" / name))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    assert "mteb/big-patent at 58a863a958586a5d6ba51088b94ac74a46aa864f" in fetch.terms(find_origin("bigpatent"))
    done = patbench("landscape", "fetch", "bigpatent", "-o", tmp_path / "got", "--yes")
    assert done.code == 0 and "licence: CC BY 4.0" in done.out and "label sets: section" in done.out
    kept = load_landscape(tmp_path / "got")
    assert kept is not None and len(kept) == 6
