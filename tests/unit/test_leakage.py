from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures.commands import Patbench, small_study
from fixtures.landscapes import Row, as_csv, landscape, patent
from fixtures.studies import bench

from patbench_lib.bench.partitions import audited, compared_texts, copies, pairs, partition
from patbench_lib.finetune.partition import PARTS
from patbench_lib.landscape.judgements import Relevance, citations
from patbench_lib.landscape.leakage import find_leaks, leakage_table
from patbench_lib.landscape.schema import Landscape

TRAIN, HELD_OUT = np.array([0, 1, 2]), np.array([3, 4])
LONG = "A walking cane with a lamp, a bell, a wheel and a folding seat for the tired walker."


def patents(**changes: dict[str, Any]) -> Landscape:
    """Return five patents that have in common what the changes say alone: `p3={"family_id": "F0"}`."""
    return landscape(
        *(
            patent(
                f"US-{10 + i}-A1",
                **{
                    "abstract": " ".join(f"{word}{i}" for word in LONG.split()),
                    "family_id": f"F{i}",
                    "cited": f"EP-{i}; EP-{i}{i}",
                }
                | changes.get(f"p{i}", {}),
            )
            for i in range(5)
        )
    )


def leaks(made: Landscape, **relevance: Any) -> list[tuple[str, str, bool, list[list[int]]]]:
    texts = {name: made.patents[name].tolist() for name in ("abstract", "claims")}
    found = find_leaks(made, TRAIN, HELD_OUT, Relevance(**relevance), texts)
    return [(each.kind, each.what, each.leak, each.pairs.tolist()) for each in found]


def test_nothing_is_found_where_nothing_is_in_common() -> None:
    assert leaks(patents()) == []
    within = patents(p1={"family_id": "F0", "abstract": LONG, "cited": "US-10"}, p0={"abstract": LONG})
    assert leaks(within) == [], "what training has in common with itself is no leak"


def test_a_family_on_both_sides() -> None:
    assert leaks(patents(p3={"family_id": "F1"})) == [("family", "", True, [[1, 3]])]


@pytest.mark.parametrize("changes", [{"p4": {"cited": "US-12"}}, {"p2": {"cited": "US-14-A1"}}])
def test_a_citation_in_either_direction(changes: Any) -> None:
    assert leaks(patents(**changes)) == [("citation", "", True, [[2, 4]])]


def test_near_duplicate_texts_are_told_apart_by_section() -> None:
    nearly = LONG.replace("walker", "pedestrian")
    made = patents(p0={"abstract": LONG}, p3={"abstract": nearly}, p2={"claims": LONG}, p4={"claims": LONG.upper()})
    assert leaks(made) == [
        ("near-duplicate", "abstract", True, [[0, 3]]),
        ("near-duplicate", "claims", True, [[2, 4]]),
    ]


def test_copies_in_one_family_are_found_as_a_family_alone() -> None:
    made = patents(p0={"abstract": LONG}, p3={"abstract": LONG, "family_id": "F0"})
    assert [found[0] for found in leaks(made)] == ["family"]


def test_shared_citations_are_a_leak_where_they_make_patents_relevant() -> None:
    made = patents(
        p0={"cited": "EP-7; EP-8"}, p3={"cited": "EP-7-B1; EP-8"}, p1={"cited": "EP-9"}, p4={"cited": "EP-9"}
    )
    assert leaks(made) == [
        ("shared citations", "1 or more; no answers under the relation cites", False, [[0, 3], [1, 4]])
    ]
    assert leaks(made, relation="coupling") == [("shared citations", "1 or more", True, [[0, 3], [1, 4]])]
    assert leaks(made, relation="coupling", min_shared=2) == [("shared citations", "2 or more", True, [[0, 3]])]


def test_citations_are_matched_as_the_study_says() -> None:
    made = landscape(*(patent(f"EP-0{i}-A1", family_id=f"F{i}", cited="EP-1" if i == 3 else "") for i in range(5)))
    assert leaks(made) == []
    assert leaks(made, leading_zeros="ignore") == [("citation", "", True, [[1, 3]])]


def test_the_table_counts_and_shows_examples() -> None:
    made = patents(p3={"family_id": "F1"}, p4={"cited": "US-10; US-11; US-12; EP-1"})
    texts = {"abstract": made.patents["abstract"].tolist()}
    table = leakage_table(find_leaks(made, TRAIN, HELD_OUT, Relevance(), texts), made)
    assert table.to_numpy().tolist() == [
        ["family", "", "yes", 1, 1, "US-11-A1 → US-13-A1"],
        ["citation", "", "yes", 3, 1, "US-10-A1 → US-14-A1; US-11-A1 → US-14-A1; US-12-A1 → US-14-A1"],
        ["shared citations", "1 or more; no answers under the relation cites", "no", 1, 1, "US-11-A1 → US-14-A1"],
    ]
    assert list(leakage_table([], made).columns) == list(table.columns)


def test_a_copy_in_the_other_landscape_is_found_and_its_family_not_trained_on(home: Path, tmp_path: Path) -> None:
    def rows(prefix: str) -> list[Row]:
        """Return pairs of patents, the second citing the first; numbers 6 and 7 have a text that both tables have."""
        return [
            patent(
                f"{prefix}-{100 + i}-A1",
                abstract=LONG if i in (6, 7) else f"{prefix}{i} ".join(LONG.split()),
                cited=f"{prefix}-{99 + i}" if i % 2 else "",
                family_id=f"{prefix} {i}",
            )
            for i in range(60)
        ]

    for name in ("US", "EP"):
        as_csv(rows(name), tmp_path / f"{name}.csv")
    tables = [{"source": "table", "name": name, "path": str(tmp_path / f"{name}.csv")} for name in ("US", "EP")]
    made = bench(home, landscape=tables[0], external=tables[1])
    for arena, other in (made.arenas, made.arenas[::-1]):
        parts = partition(made, arena)
        assert PARTS.index("train") not in parts.part[[6, 7]] and copies(made, arena, parts) == []
        told = f" Not trained on because another landscape has them or their texts: {parts.elsewhere}."
        assert (told in parts.told()) == bool(parts.elsewhere) and parts.elsewhere in (0, 2)
        planted = replace(parts, part=np.zeros_like(parts.part), copied=np.zeros(60, dtype=bool))
        [(where, findings)] = copies(made, arena, planted)
        assert (
            where is other
            and [each.what for each in findings]
            == [
                f"view TA, in landscape {other.name}",
                f"abstract, in landscape {other.name}",
            ][-len(findings) :]
        )
        table = leakage_table(findings, arena.landscape, other.landscape)
        assert f"{arena.name}-106-A1 → {other.name}-106-A1" in table["examples"].iloc[-1]
        assert np.array_equal(planted.without(np.array([6])).rows("dropped"), [6])
        again = partition(bench(home, landscape=tables[0], external=tables[1]), arena)
        assert np.array_equal(again.part, parts.part) and np.array_equal(again.copied, parts.copied)
        assert np.flatnonzero(again.copied).tolist() == [6, 7], "wherever the partition put them"
        assert PARTS.index("train") not in again.loosened().part[[6, 7]]


def test_a_publication_of_both_landscapes_is_found_whatever_its_texts_there(tmp_path: Path, home: Path) -> None:
    for name, first in (("one", 100), ("other", 158)):
        rows = [
            patent(f"US-{first + i}-A1", abstract=f"{name}{i} ".join(LONG.split()), cited=f"US-{first + i - 1}")
            for i in range(60)
        ]
        as_csv(rows, tmp_path / f"{name}.csv")
    tables = [{"source": "table", "name": name, "path": str(tmp_path / f"{name}.csv")} for name in ("one", "other")]
    made = bench(home, landscape=tables[0], external=tables[1], finetuning={"protocol": "transductive"})
    arena, other = made.arenas
    parts = partition(made, arena)
    assert copies(made, arena, parts) == [], "under the looser protocol too"
    everything = replace(parts, part=np.zeros(60, dtype=np.int64))
    [(where, [finding])] = copies(made, arena, everything)
    assert where is other and (finding.kind, finding.what, finding.leak) == ("publication", "in landscape other", True)
    assert [arena.landscape.numbers[row] for row in finding.pairs[:, 0]] == ["US-158-A1", "US-159-A1"]
    assert [other.landscape.numbers[row] for row in finding.pairs[:, 1]] == ["US-158-A1", "US-159-A1"]


def test_the_demos_inductive_split_has_no_leak_and_one_that_moves_a_publication_has(home: Path) -> None:
    made = bench(home, landscape={"source": "demo", "publications": 150})
    arena, parts = made.arena, partition(made, made.arena)
    assert parts.protocol == "inductive" and len(parts.rows("dropped"))
    assert not [finding for finding in audited(made, arena) if finding.leak]
    found = partition(made, arena)
    assert np.array_equal(found.part, parts.part) and found.told() == parts.told(), "found is as computed"

    landscape, texts = arena.landscape, compared_texts(made, arena)
    assert list(texts) == ["view TA", "abstract", "claims"]
    cites = citations(landscape)[0]
    held_out = np.concatenate([parts.rows("development"), parts.rows("test")])
    dropped = next(row for row in parts.rows("dropped") if (cites + cites.T).tocsr()[row][:, held_out].nnz)
    train = np.sort(np.append(parts.rows("train"), dropped))
    kinds = {each.kind for each in find_leaks(landscape, train, held_out, Relevance(), texts) if each.leak}
    assert "citation" in kinds, "what was dropped was dropped for a reason"
    texts["claims"][parts.rows("train")[0]] = texts["claims"][parts.rows("test")[0]]
    [copied] = [each for each in find_leaks(landscape, parts.rows("train"), held_out, Relevance(), texts) if each.leak]
    assert (copied.kind, copied.what) == ("near-duplicate", "claims")
    assert copied.pairs.tolist() == [[parts.rows("train")[0], parts.rows("test")[0]]]


def test_a_recipes_pairs_are_of_training_publications_and_of_the_labels_that_the_study_names(home: Path) -> None:
    demo = {"source": "demo", "publications": 150}
    made = bench(home, landscape=demo, finetuning={"batch": 8})
    train = set(partition(made, made.arena).rows("train"))
    for recipe in ("R1", "R2", "R3", "R4"):
        found = pairs(made, made.arena, recipe)  # type: ignore[arg-type]
        assert len(found) >= 8 and {*found.anchors, *found.positives} <= train
    named = {label.partition(":")[0] for label in pairs(made, made.arena, "R2").labels}
    assert named == {"at_domain"}, "the study's first set"
    named_by = {"label_sets": ["ipc_subclass", "enabling_technology"], "batch": 8}
    found = pairs(other := bench(home, landscape=demo, finetuning=named_by), other.arena, "R2")
    assert {label.partition(":")[0] for label in found.labels} == {"ipc_subclass", "enabling_technology"}


def test_the_transductive_split_lets_citations_across(home: Path) -> None:
    made = bench(home, landscape={"source": "demo", "publications": 150}, finetuning={"protocol": "transductive"})
    assert [each.kind for each in audited(made, made.arena) if each.leak] == ["citation"]


def test_the_audit_says_so_where_it_finds_none_and_fails_where_it_finds_some(
    patbench: Patbench, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shares = {"development": 0.15, "test": 0.2}
    done = patbench("audit", "--study", small_study(tmp_path, finetuning=shares))
    assert done.code == 0, done.err
    assert "No leak: training shares no family, citation or near-duplicate text" in done.out
    assert "mine: Inductive: 1 components of family" in done.out

    loose = small_study(tmp_path, finetuning={**shares, "protocol": "transductive"})
    done = patbench("audit", "--study", loose, "--landscape", "mine")
    assert done.code == 1 and "LEAK citation: " in done.out and "No leak" not in done.out
    assert "Training leaks on mine: it has seen" in done.err and "protocol: inductive" in done.err

    done = patbench("audit", "--study", loose, "--landscape", "main")
    assert done.code == 1 and "Unknown landscape 'main' in the study." in done.err
