from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from datasets import load_dataset
from fixtures.commands import Patbench, small_study
from fixtures.landscapes import landscape, patent

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.dataset_card import dataset_card
from patbench_lib.landscape.export import export_landscape
from patbench_lib.landscape.folder import load_landscape
from patbench_lib.landscape.schema import Landscape, Provenance


def made(**provenance: Any) -> Landscape:
    rows = [
        patent("US-1-A1", abstract="Räder", ipc="A61H 3/00", cited="US-2;EP-3", dwpi_title="Wheel; use", topic=["a"]),
        patent("US-2-A1", ipc="", dwpi_abstract="NOVELTY", family_id="F", publication_date="2001-02-03", topic=[]),
    ]
    bare = landscape(*rows, name="mine", labels=("topic",))
    return replace(bare, provenance=Provenance(**{"source": "table", "path": "t.csv", **provenance}))


def head(folder: Path) -> dict[str, Any]:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\n")
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


def again(folder: Path) -> Landscape:
    """Return what a folder holds, its fingerprint computed anew."""
    found = load_landscape(folder)
    assert found is not None
    return replace(found)


def test_the_folder_is_a_data_set_of_the_hub_and_a_landscape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made(licence="CC BY 4.0", revision="abc")
    export_landscape(before, tmp_path / "out")
    (split,) = load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache")).values()
    assert split.num_rows == 2 and set(split.column_names) == set(before.patents.columns)
    for column in ("publication_number", "abstract", "ipc", "cited", "topic", "dwpi_title", "family_id"):
        assert list(split[column]) == before.patents[column].tolist()
    after = again(tmp_path / "out")
    assert after.fingerprint == before.fingerprint
    assert (after.name, after.label_sets, after.provenance) == (before.name, before.label_sets, before.provenance)


def test_the_card_tells_terms_counts_and_where_it_comes_from(tmp_path: Path) -> None:
    export_landscape(made(licence="CC BY-NC-SA 4.0", revision="abc", sha256="f00"), tmp_path)
    assert head(tmp_path) == {
        "pretty_name": "mine",
        "license": "cc-by-nc-sa-4.0",
        "tags": ["patents", "patbench", "real"],
        "task_categories": ["text-retrieval", "text-classification"],
        "size_categories": ["n<1K"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "patents.parquet"}]}],
    }
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    for line in (
        "| publications | 2 |",
        "| citations | 2 |",
        "| with topic | 1 |",
        "- files: t.csv",
        "- revision: abc",
    ):
        assert f"\n{line}\n" in text
    assert "- synthetic: no" in text and "- note: abstract: empty: 1 (rows 2)" in text


def test_synthetic_patents_say_so_and_other_licences_are_named() -> None:
    synthetic = dataset_card(made(synthetic=True))
    assert "license: apache-2.0" in synthetic and "- synthetic\n" in synthetic
    assert "Synthetic patents, written by a program" in synthetic
    assert "license: other\nlicense_name: my own" in dataset_card(made(licence="my own"))
    assert "ask whoever made the data" in dataset_card(made())


def test_licensed_sections_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    before = made(licensed=("dwpi_title", "dwpi_abstract"))
    export_landscape(before, tmp_path / "open")
    shared = again(tmp_path / "open")
    assert not shared.has("dwpi_title") and not shared.has("dwpi_abstract") and shared.has("abstract")
    assert b"NOVELTY" not in (tmp_path / "open" / "patents.parquet").read_bytes()
    assert "left out: dwpi_title, dwpi_abstract" in shared.provenance.note and shared.fingerprint != before.fingerprint
    assert "is under a licence of its own. It is left out" in (tmp_path / "open" / "README.md").read_text("utf-8")
    export_landscape(before, tmp_path / "closed", with_licensed=True)
    kept = again(tmp_path / "closed")
    assert kept.fingerprint == before.fingerprint and kept.provenance.licensed == ("dwpi_title", "dwpi_abstract")
    assert "must not be passed on" in (tmp_path / "closed" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("provenance", "said"),
    [
        ({"licence": "proprietary"}, "is not to be shared"),
        ({"licence": "for research, no redistribution"}, "is not to be shared"),
        ({"licensed": ("title", "abstract", "dwpi_title", "dwpi_abstract")}, "Nothing of 'mine' can be shared"),
    ],
)
def test_what_must_not_be_shared_is_refused(tmp_path: Path, provenance: dict[str, Any], said: str) -> None:
    with pytest.raises(PatbenchError, match=said) as caught:
        export_landscape(made(**provenance), tmp_path / "out")
    assert "--with-licensed" in caught.value.todo and not (tmp_path / "out").exists()
    export_landscape(made(**provenance), tmp_path / "out", with_licensed=True)
    assert again(tmp_path / "out").fingerprint == made(**provenance).fingerprint


def test_a_readme_of_something_else_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(PatbenchError, match=r"README\.md that is of something else"):
        export_landscape(made(), tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "mine"


def test_the_command_writes_a_landscape_of_a_study(patbench: Patbench, home: Path) -> None:
    study = small_study(home)
    done = patbench("landscape", "export", "-s", study, "--name", "mine", "-o", home / "out")
    assert done.code == 0 and "Wrote 30 publications of mine" in done.out
    assert patbench("landscape", "export", "-s", study, "-o", home / "out").code == 0
    source = {"source": "folder", "name": "other", "path": "out"}
    done = patbench("landscape", "-s", small_study(home, landscape=source))
    assert done.code == 0 and done.out.startswith("other: 30 publications")
    wrong = patbench("landscape", "export", "-s", study, "--name", "mien", "-o", home / "no")
    assert wrong.code == 1 and "Unknown landscape 'mien'" in wrong.err
