from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.commands import Patbench
from fixtures.exports import LENS, derwent, lens, patentscope
from pydantic import ValidationError

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.dataset_card import dataset_card
from patbench_lib.landscape.export import export_landscape
from patbench_lib.landscape.folder import load_landscape, save_landscape
from patbench_lib.landscape.origins.at_taxonomy import SETS, Rule, Taxonomy, places, taxonomy
from patbench_lib.landscape.origins.origin import Options, find_origin
from patbench_lib.landscape.schema import NOT_SHOWN, Landscape, Provenance
from patbench_lib.landscape.validate import validate


def read(*paths: Path, **asked: Any) -> Landscape:
    return find_origin("wipo_at").read(paths, Options(**{"say": lambda line: None, **asked}))


def row(landscape: Landscape, number: str) -> dict[str, Any]:
    return dict(landscape.patents.set_index("publication_number").loc[number])


def labels(landscape: Landscape, number: str) -> list[list[str]]:
    return [row(landscape, number)[name] for name in ("at_group", *SETS[:3])]


def test_the_taxonomy_is_what_the_report_has() -> None:
    known = taxonomy()
    assert list(known.domains) == [
        "mobility", "cognition", "communication", "hearing", "built environment", "self-care", "vision"
    ]  # fmt: skip
    assert len(known.technologies) == 9 and {product.group for product in known.products} == {
        "conventional",
        "emerging",
    }
    emerging = [product.name for product in known.products if product.group == "emerging"]
    assert len(emerging) == 11 and "mind-controlled hearing aid" in emerging
    assert files("patbench_lib.landscape.origins").joinpath("at_taxonomy.yaml").is_file()


def test_a_rule_holds_by_a_symbol_or_a_phrase_of_whole_words() -> None:
    rule = Rule(codes=("A61G 5", "A61F 2/50"), words=("walking aid", "self-driving"))
    assert [rule.holds(places([s]), "") for s in ("A61G5/04", "A61F 2/5046", "A61F2/50")] == [True] * 3
    assert [rule.holds(places([s]), "") for s in ("A61G 50/04", "A61F 2/05", "A61F", "x")] == [False] * 4
    told = ("Two Walking-Aids.", "a self driving chair", "sleepwalking aid", "a walking aide")
    assert [rule.holds(places([]), text) for text in told] == [True, True, False, False]
    assert not Rule(codes=("A61G 5",), words=()).holds(places([]), "A61G 5")


def test_a_symbol_lies_under_all_that_it_begins_with() -> None:
    assert places(["A61F2/5046", "none"]) == {
        "A", "A61", "A61F", "A61F 2", "A61F 2/50", "A61F 2/504", "A61F 2/5046"
    }  # fmt: skip
    assert places(["A61G"]) == {"A", "A61", "A61G"} and places([]) == frozenset()


def test_rules_that_cannot_hold_and_domains_that_are_none_are_refused() -> None:
    with pytest.raises(ValidationError, match="never holds"):
        Rule(codes=(), words=())
    with pytest.raises(ValidationError, match="not a symbol in its one spelling: A61G5"):
        Rule(codes=("A61G5",), words=())
    product = {"name": "cane", "group": "emerging", "domains": ["walking"], "codes": [], "words": ["cane"]}
    with pytest.raises(ValidationError, match="domains that there are not: walking"):
        Taxonomy.model_validate({"domains": {}, "products": [product], "technologies": []})


def test_labels_are_those_of_rules_where_exports_have_none_and_are_marked_everywhere(
    tmp_path: Path, patbench: Patbench
) -> None:
    made = read(lens(tmp_path), patentscope(tmp_path))
    assert labels(made, "US-20130035742-A1") == [
        ["conventional"], ["hearing"], ["hearing aid"], ["artificial intelligence"]
    ]  # fmt: skip
    assert labels(made, "WO-2019123456") == [
        ["conventional", "emerging"], ["mobility"], ["wheelchair", "autonomous wheelchair"], ["autonomous vehicles"]
    ]  # fmt: skip
    assert labels(made, "EP-123456789") == [[], [], [], []]
    assert made.label_sets == SETS and set(made.rule_based) == set(SETS)
    assert made.marked("at_domain") == "at_domain (by rules)"
    told = [f.column for f in made.report.findings if f.problem == "labels by rules on symbols and words"]
    assert sorted(told) == sorted(set(SETS))
    assert "labels by rules, which nobody assigned: at_domain, at_product" in made.provenance.note
    card = dataset_card(made)
    assert "| with at_domain (by rules) | 3 |" in card and "nobody assigned these labels" in card
    save_landscape(made, tmp_path / "kept")
    kept = load_landscape(tmp_path / "kept")
    assert kept is not None and kept.rule_based == made.rule_based and kept.fingerprint == made.fingerprint
    built = patbench("landscape", "build", "wipo_at", tmp_path / "lens.csv", "-o", tmp_path / "built")
    assert built.code == 0 and "label sets: at_domain (by rules), at_product (by rules)" in built.out
    assert "lens.csv: Lens.org, 2 rows" in built.out


def test_an_exports_own_labels_are_taken_and_never_mixed_with_rules(tmp_path: Path) -> None:
    own = [{**LENS[0], "Domain": "Hearing; My own", "AT Product": "Exoskeleton"}, {**LENS[1], "Domain": ""}]
    made = read(lens(tmp_path, own, "Domain", "AT Product"), patentscope(tmp_path))
    assert labels(made, "US-20130035742-A1") == [
        ["emerging"], ["Hearing", "My own"], ["Exoskeleton"], ["artificial intelligence"]
    ]  # fmt: skip
    assert labels(made, "WO-2019123456")[:3] == [[], [], []]
    assert made.rule_based == ("enabling_technology",) and made.marked("at_domain") == "at_domain"
    found = {f.column: f for f in made.report.findings if "of 2 exports alone" in f.problem}
    assert set(found) == {"at_domain", "at_product"} and found["at_domain"].count == 3


def test_licensed_text_is_read_and_never_shown_or_shared(tmp_path: Path) -> None:
    made = read(derwent(tmp_path))
    assert made.provenance.licensed == ("dwpi_title", "dwpi_abstract") and not made.may_show("dwpi_title")
    assert row(made, "WO-2019123456-A1")["dwpi_title"] == "SECRET wheelchair"
    assert set(made.shown.patents["dwpi_title"]) == {NOT_SHOWN} and "SECRET" not in dataset_card(made)
    written = export_landscape(made, tmp_path / "shared")
    assert not written.has("dwpi_title") and "SECRET" not in written.patents.to_csv()
    assert read(lens(tmp_path)).provenance.licensed == ()


def test_citations_of_derwent_are_matched_across_exports(tmp_path: Path) -> None:
    made = read(lens(tmp_path), derwent(tmp_path), patentscope(tmp_path))
    assert row(made, "US-20130035742-A1")["cited"] == ["WO-2019123456-A1", "US-7000001-B2"]
    assert row(made, "US-20130035742-A1")["claims"].startswith("1. A hearing aid.")
    assert row(made, "US-20130035742-A1")["family_id"] == row(made, "EP-2555555-A2")["family_id"]
    assert "exports of Lens.org, Derwent Innovation, PATENTSCOPE" in made.provenance.note
    assert made.provenance.path == "lens.csv, derwent.csv, scope.csv"


def test_a_folder_is_read_and_classes_choose(tmp_path: Path) -> None:
    lens(tmp_path)
    patentscope(tmp_path)
    made = read(tmp_path, codes=("A61G",), name="mine")
    assert (made.name, made.numbers) == ("mine", ["WO-2019123456"]) and "A61G" in made.provenance.note
    with pytest.raises(PatbenchError, match="No patent is left: none of 4 is of A01B"):
        read(tmp_path, codes=("A01B",))
    with pytest.raises(PatbenchError, match="'wipo_at' has no parts, so no 'vision'"):
        read(tmp_path, part="vision")
    (tmp_path / "none").mkdir()
    with pytest.raises(PatbenchError, match="no export among the files"):
        read(tmp_path / "none")


def test_sections_that_no_export_has_are_not_there_and_one_bad_file_stops_all(tmp_path: Path) -> None:
    made = read(lens(tmp_path))
    assert not made.has("claims") and not made.has("dwpi_abstract")
    assert not [f for f in made.report.findings if f.column in ("claims", "dwpi_abstract")]
    assert [f.count for f in made.report.findings if f.column == "abstract"] == [1]
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(PatbenchError, match=r"notes\.csv is no export"):
        read(tmp_path)
    nameless = [{**LENS[0], "Display Key": ""}]
    with pytest.raises(PatbenchError, match="publication_number: missing"):
        read(lens(tmp_path, nameless, name="nameless.csv"))


def test_a_landscape_without_rules_marks_nothing() -> None:
    patents, report = validate(
        pd.DataFrame({"publication_number": ["US-1-A"], "kind": [["x"]]}), name="t", label_sets=("kind",)
    )
    plain = Landscape("t", patents, ("kind",), Provenance("table"), report)
    assert plain.marked("kind") == "kind" and "by rules" not in dataset_card(plain)
