"""Files of a tuned model that are damaged: named, and the model is tuned again to the same weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fixtures import studies
from fixtures.faults import cut_short, emptied

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.trainings import Training, tuned

ONE = Training("MiniLM-static", "R3")


def flipped_amid(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def bench(root: Path) -> Bench:
    return studies.bench(root, landscape={"source": "demo", "publications": 120}, finetuning=studies.TUNING)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("made")
    tuned(bench(root), ONE)
    return root


@pytest.mark.parametrize("damage", [emptied, cut_short, flipped_amid, Path.unlink])
@pytest.mark.parametrize("file", ["model.safetensors", "modules.json"])
def test_a_damaged_tuned_model_is_named_and_tuned_again(
    made: Path, tmp_path: Path, file: str, damage: Callable[[Path], None]
) -> None:
    root = Path(shutil.copytree(made, tmp_path / "home"))
    (path,) = root.glob(f"tuned/**/{file}")
    whole = path.read_bytes()
    damage(path)
    with pytest.warns(UserWarning, match=r"MiniLM-static\+R3 is damaged.* It is tuned again"):
        card = tuned(bench(root), ONE)
    assert card.path == path.parent and path.read_bytes() == whole


def test_a_sound_one_is_found_where_it_was_moved_to(made: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(made, tmp_path / "elsewhere"))
    (path,) = root.glob("tuned/**/model.safetensors")
    before = path.stat().st_mtime_ns
    tuned(bench(root), ONE)
    assert path.stat().st_mtime_ns == before, "it was not tuned again"
