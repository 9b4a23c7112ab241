"""Files of a tuned model that are damaged: named, and the model is tuned again to the same weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures import studies
from fixtures.faults import cut_short, emptied, flipped_halfway

from patbench_lib.bench import tuned as module
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.trainings import Training
from patbench_lib.bench.tuned import tuned
from patbench_lib.files import locked

ONE = Training("MiniLM-static", "R3")


def bench(root: Path) -> Bench:
    return studies.bench(root, landscape={"source": "demo", "publications": 120}, finetuning=studies.TUNING)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    tuned(bench(root), ONE)
    return root


DAMAGES = [
    ("model.safetensors", flipped_halfway),
    ("model.safetensors", Path.unlink),
    ("modules.json", cut_short),
    ("patbench.yaml", emptied),
]


@pytest.mark.parametrize(("file", "damage"), DAMAGES)
def test_a_damaged_tuned_model_is_named_and_tuned_again(
    made: Path, tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    root = Path(shutil.copytree(made, tmp_path / "home"))
    (path,) = root.glob(f"tuned/**/{file}")
    weights = path.with_name("model.safetensors").read_bytes()
    damage(path)
    with pytest.warns(UserWarning, match=r"MiniLM-static\+R3.* It is tuned again"):
        card = tuned(bench(root), ONE)
    assert card.path == path.parent and path.with_name("model.safetensors").read_bytes() == weights
    assert [each.name for each in path.parents[1].iterdir()] == [path.parent.name], "nothing else is left"


def test_what_a_kill_left_of_a_folder_that_was_removed_is_cleared(made: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(made, tmp_path / "home"))
    (path,) = root.glob("tuned/**/model.safetensors")
    weights, folder = path.read_bytes(), path.parent
    folder.rename(folder.parent / f".{folder.name}.01234567.tmp")
    tuned(bench(root), ONE)
    assert path.read_bytes() == weights and [each.name for each in folder.parent.iterdir()] == [folder.name]


def test_one_process_tunes_a_model_and_another_waits_for_it(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finished,) = made.glob("tuned/**/MiniLM-static+R3")
    folder, said = tmp_path / finished.relative_to(made), []
    held = locked(folder.parent / f".{folder.name}.lock")

    def waited(text: str) -> None:
        said.append(text)
        shutil.copytree(finished, folder)  # what the other process made
        held.__exit__(None, None, None)

    monkeypatch.setattr(module, "train", None)
    held.__enter__()
    card = tuned(bench(tmp_path), ONE, say=waited)
    assert card.path == folder and said == [f"{ONE.name}: another process is making it; this one waits until that ends"]


def test_a_sound_one_is_found_where_it_was_moved_to(made: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(made, tmp_path / "elsewhere"))
    (path,) = root.glob("tuned/**/model.safetensors")
    before = path.stat().st_mtime_ns
    tuned(bench(root), ONE)
    assert path.stat().st_mtime_ns == before, "it was not tuned again"
