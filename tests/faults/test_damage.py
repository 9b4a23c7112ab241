"""Files of ours that were emptied, cut short, written over or had a bit flipped: found, named, and made again."""

from __future__ import annotations

import errno
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from fixtures.commands import Patbench, small_study
from fixtures.faults import DAMAGES, cut_short, emptied, flipped
from fixtures.landscapes import cited_in_a_row, landscape
from fixtures.results import TIMES
from fixtures.studies import bench

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.classified import Classifier, predictions, splits
from patbench_lib.bench.results import retrieval_results
from patbench_lib.errors import PatbenchError
from patbench_lib.kept import (
    DamagedFileError,
    find_arrays,
    find_frame,
    find_json,
    keep_frame,
    read_arrays,
    read_frame,
    read_kept,
    save_arrays,
    save_frame,
    save_json,
)
from patbench_lib.landscape.folder import load_citations, load_landscape, save_landscape

FRAME = pd.DataFrame(
    {
        "query": [f"US-{i}-A1" for i in range(40)],
        "value": np.random.default_rng(0).normal(size=40),
        "n": range(40),
        "cited": [[f"EP-{i}"] * (i % 3) for i in range(40)],
    }
)


@pytest.fixture
def small_table(tmp_path: Path) -> Path:
    save_frame(FRAME, tmp_path / "x.parquet")
    return tmp_path / "x.parquet"


def study(home: Path) -> Bench:
    return bench(home, systems=["BM25", "LSA"], classification={"repeats": 1})


def ask_all(made: Bench) -> dict[str, Any]:
    """Ask for one of everything that is kept."""
    arena = made.arena
    labels = arena.label_sets[0][0]
    said = predictions(made, arena, labels, "TA", Classifier("prior", "baseline"))
    results = retrieval_results(made)[0]
    made.encoder("LSA", arena, "TA")
    splits(made, arena, labels)
    runs = {system: pd.DataFrame(made.run(system, arena, "TA").documents) for system in made.study.systems}
    return {
        **runs,
        "landscape": arena.landscape.patents,
        "reading": pd.DataFrame([made.reading("LSA", arena, "TA")]).drop(columns=["seconds", "created"]),
        "scores": made.all_scores(),
        "results": results.drop(columns=TIMES, errors="ignore"),
        "predictions": pd.DataFrame(said.predictions[0].scores),
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    home = tmp_path_factory.mktemp("whole")
    return home, ask_all(study(home))


DATA = (
    ".cache/landscapes/*/patents.parquet",
    "results/small/runs/*.parquet",
    "results/small/scores/*.parquet",
    "results/small/retrieval.results.parquet",
    "results/small/classes/*.npz",
)
SAID = (
    ".cache/landscapes/*/landscape.json",
    ".cache/models/*.json",
    "results/small/runs/*.json",
    "results/small/retrieval.json",
    "results/small/classes/*.json",
)
"""What is said beside the data, without which they are not looked at: another test for each of both."""


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kinds", [DATA, SAID], ids=["data", "said"])
def test_damaged_files_are_named_and_made_again(
    whole: tuple[Path, dict[str, Any]], tmp_path: Path, kinds: tuple[str, ...], damage: Callable[[Path], None]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole[0], home)
    found = [path for kind in kinds for path in sorted(home.glob(kind))]
    assert len(found) > len(kinds)
    for path in found:
        damage(path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        made = ask_all(study(home))
    told = "\n".join(str(each.message) for each in said)
    assert [path for path in found if f"{path} is damaged." not in told] == []
    for name, table in whole[1].items():
        pd.testing.assert_frame_equal(made[name], table, check_exact=True)


def _read_after(path: Path, change: Callable[[bytearray], object]) -> pd.DataFrame | None:
    """Return what a table is read as after a change of its bytes; None where it is found to be damaged."""
    content = bytearray(path.read_bytes())
    change(content)
    other = path.with_name("other.parquet")
    other.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = find_frame(other)
    assert other.exists() == (found is not None)
    return found


def test_no_flipped_bit_of_a_table_gives_another(small_table: Path) -> None:
    content = small_table.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    plain, missed = read_frame(small_table), []
    for place in range(4, len(content)):

        def flip(changed: bytearray, at: int = place) -> None:
            changed[at] ^= 1 << at % 8

        found = _read_after(small_table, flip)
        if found is not None:
            pd.testing.assert_frame_equal(found, plain, check_exact=True)
            missed.append(place)  # in a field that no reader looks at
    assert len(missed) < footer / 4 and all(place < footer for place in missed)


def test_a_table_without_a_checksum_of_its_footer_is_taken_as_it_is(small_table: Path) -> None:
    plain = read_frame(small_table)
    assert duckdb.sql(f"select value from '{small_table}'").df()["value"].equals(plain["value"])
    FRAME.to_parquet(small_table, index=False)
    pd.testing.assert_frame_equal(read_frame(small_table), plain)


@pytest.mark.parametrize("kept", [0, 1, 4, 100, 0.3, 0.5, 0.9, -1, -8])
def test_a_table_cut_short_anywhere_is_found(small_table: Path, kept: float) -> None:
    size = small_table.stat().st_size
    end = int(kept * size) if isinstance(kept, float) else kept % size
    assert _read_after(small_table, lambda content: content.__delitem__(slice(end, None))) is None


def test_arrays_are_found_damaged_by_their_checksums(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    save_arrays(path, {"values": np.random.default_rng(0).normal(size=99)})
    values = read_arrays(path)["values"]
    for damage in DAMAGES:
        save_arrays(path, {"values": values})
        damage(path)
        with pytest.warns(UserWarning, match="x.npz is damaged. It is made again."):
            assert find_arrays(path) is None
        assert not path.exists()
    np.save(tmp_path / "x.npy", values)
    (tmp_path / "x.npy").rename(path)
    with pytest.warns(UserWarning, match="no file of several arrays"):
        assert find_arrays(path) is None


def test_a_changed_letter_of_json_is_found_and_a_file_without_checksum_is_taken(tmp_path: Path) -> None:
    path, content = tmp_path / "x.json", {"seconds": 0.1 + 0.2, "label": "Gerät", "of": [1, None, True]}
    save_json(path, content)
    assert find_json(path) == content
    written = path.read_text(encoding="utf-8")
    for old, new in (("Gerät", "Gerat"), ("0.3", "0.4"), ('"of"', '"off"'), ("true", "false")):
        path.write_text(written.replace(old, new), encoding="utf-8")
        with pytest.warns(UserWarning, match="x.json is damaged. It is made again. its checksum is another"):
            assert find_json(path) is None
        assert not path.exists() and find_json(path) is None
    path.write_text('{"seconds": 1}')
    assert find_json(path) == {"seconds": 1}
    path.write_text("[1]")
    with pytest.warns(UserWarning, match="no JSON object"):
        assert find_json(path) is None


def test_what_the_system_refuses_is_no_damage(small_table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(pd, "read_parquet", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        find_frame(small_table)
    assert small_table.exists()


def test_a_disk_that_gives_back_other_bytes_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(table: pd.DataFrame, path: Path) -> None:
        path.write_bytes(b"PAR1 and nothing")

    monkeypatch.setattr("patbench_lib.kept.save_frame", broken)
    with (
        pytest.warns(UserWarning, match="is damaged"),
        pytest.raises(PatbenchError, match="is damaged as soon as it is written"),
    ):
        keep_frame(tmp_path / "x.parquet", lambda: FRAME)


@pytest.mark.parametrize("damage", [emptied, cut_short, flipped])
@pytest.mark.parametrize("name", ["patents.parquet", "landscape.json"])
def test_a_landscape_of_the_users_is_named_and_never_removed(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    save_landscape(landscape(*cited_in_a_row(30)), tmp_path)
    damage(tmp_path / name)
    for read in (load_landscape,) if damage is flipped else (load_landscape, load_citations):
        with pytest.raises(DamagedFileError, match=f"{name} is damaged") as caught:
            read(tmp_path)
        assert "make it again" in caught.value.todo
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("damage", [emptied, cut_short])
def test_results_that_cannot_be_asked_say_which_file_and_what_to_do(
    patbench: Patbench, home: Path, damage: Callable[[Path], None]
) -> None:
    file = small_study(home, systems=["BM25"])
    assert patbench("retrieve", "BM25", "--study", file).code == 0
    assert patbench("tabulate", "retrieval", "--study", file).code == 0
    wanted = patbench("results", "--study", file).out
    damage(next((home / "results").rglob("retrieval.results.parquet")))
    done = patbench("results", "--study", file)
    assert done.code == 1 and "retrieval.results.parquet" in done.err and "patbench tabulate" in done.err
    with pytest.warns(UserWarning, match="retrieval.results.parquet is damaged"):
        assert patbench("tabulate", "retrieval", "--study", file).code == 0
    assert patbench("results", "--study", file).out == wanted


def test_memory_that_is_used_up_is_not_taken_for_damage(tmp_path: Path) -> None:
    kept = tmp_path / "kept.parquet"
    kept.write_bytes(b"sound")

    def read(path: Path) -> None:
        raise RuntimeError("Unknown error: Failed to launch worker thread: Resource temporarily unavailable")

    with pytest.raises(RuntimeError, match="worker thread"):
        read_kept(kept, read)
    assert kept.read_bytes() == b"sound"
