from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.registry import find_card
from patbench_lib.models.weights import fetch, fingerprint, locate, require, runnable

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "hub"


def model(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True)
    for name, text in {"config.json": "{}", "model.safetensors": "w", **files}.items():
        (folder / name).write_text(text)
    return folder


def card(**fields: Any) -> Card:
    return Card(**{"name": "x", "kind": "dense", "hf_id": "org/x", "dim": 8, "params_m": 500, **fields})


def test_the_embedded_model_is_here() -> None:
    folder = require(find_card("MiniLM-L6"))
    assert (folder / "model.safetensors").is_file()
    assert runnable(find_card("MiniLM-L6")) == (True, "embedded")


def test_missing_weights_name_size_terms_and_command(hub: Path) -> None:
    with pytest.raises(PatbenchError) as error:
        require(find_card("EmbGemma-300m"))
    assert str(error.value) == (
        "The weights of 'EmbGemma-300m' (google/embeddinggemma-300m, about 1.2 GB) are not on this machine.\n"
        "Licence: Gemma. The model is gated: accept its terms at https://huggingface.co/google/embeddinggemma-300m "
        "and run `hf auth login` before the download.\n"
        "Fetch them with `patbench models fetch EmbGemma-300m`."
    )


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="holds no complete model"):
        require(card(hf_id=None, path=tmp_path))


def test_a_cached_snapshot_is_found_by_full_short_or_no_revision(hub: Path) -> None:
    repository = hub / "models--org--x"
    snapshot = model(repository / "snapshots" / SHA)
    assert locate(card(revision=SHA)) == snapshot
    assert locate(card(revision=SHA[:8])) == snapshot
    assert locate(card(revision="fedcba98")) is None
    assert locate(card()) is None
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(SHA)
    assert locate(card()) == snapshot


def test_half_a_download_is_no_model(tmp_path: Path) -> None:
    index = json.dumps({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})
    folder = model(tmp_path / "m", **{"model.safetensors.index.json": index, "one.safetensors": "1"})
    ours = card(hf_id=None, path=folder)
    assert locate(ours) is None
    (folder / "two.safetensors").write_text("2")
    assert locate(ours) == folder


def test_a_dense_head_alone_is_no_model(tmp_path: Path) -> None:
    folder = model(tmp_path / "m")
    (folder / "model.safetensors").rename(tmp_path / "head")
    (folder / "2_Dense").mkdir()
    (tmp_path / "head").rename(folder / "2_Dense" / "model.safetensors")
    assert locate(card(hf_id=None, path=folder)) is None


def test_fetching_offline_says_so(hub: Path) -> None:
    with pytest.raises(PatbenchError, match="HF_HUB_OFFLINE is set"):
        fetch(card())


def test_what_is_here_is_not_fetched(hub: Path) -> None:
    assert fetch(find_card("MiniLM-L6")) == locate(find_card("MiniLM-L6"))
    snapshot = model(hub / "models--org--x" / "snapshots" / SHA)
    assert fetch(card(revision=SHA)) == snapshot


def test_a_failed_download_tells_the_cause(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    def refuse(*_: Any, **__: Any) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr(constants, "is_offline_mode", lambda: False)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    with pytest.raises(PatbenchError, match=r"OSError: no route to host\n.*The model is gated"):
        fetch(card(gated=True, revision=SHA))


def test_fetch_pins_the_revision_and_brings_foreign_code(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import constants

    calls = []

    def download(repository: str, **options: Any) -> str:
        calls.append((repository, options.get("revision")))
        folder = hub / "models--org--x" / "snapshots" / SHA
        if repository == "org/x":
            model(folder, **{"config.json": json.dumps({"auto_map": {"AutoModel": "org/code--modeling.Model"}})})
        return str(folder)

    monkeypatch.setattr(constants, "is_offline_mode", lambda: False)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    fetch(card(remote_code=True, revision=SHA))
    assert calls == [("org/x", SHA), ("org/code", None)]


def test_runnable_says_what_is_lacking(hub: Path, tmp_path: Path) -> None:
    assert runnable(card(params_m=600, weights_dtype="bfloat16")) == (False, "needs download (1.2 GB)")
    assert runnable(card(remote_code=True)) == (False, "needs download (2.0 GB) and remote code allowed by name")
    here = card(hf_id=None, path=model(tmp_path / "m"), remote_code=True)
    assert runnable(here) == (False, "needs remote code allowed by name")
    assert runnable(here, allow_remote_code=["x"]) == (True, "weights found")
    assert runnable(find_card("BM25")) == (True, "built from the collection")


def test_the_fingerprint_follows_what_changes_a_vector(tmp_path: Path) -> None:
    folder = model(tmp_path / "m", **{"README.md": "one"})
    ours = card(hf_id=None, path=folder)
    before = fingerprint(ours, folder)
    assert len(before) == 64
    (folder / "README.md").write_text("two")
    assert fingerprint(ours, folder) == before
    assert fingerprint(ours.model_copy(update={"layers": 1}), folder) != before
    assert fingerprint(ours.model_copy(update={"pooling": "cls"}), folder) != before
    (folder / "tokenizer.json").write_text("{}")
    with_tokenizer = fingerprint(ours, folder)
    (folder / "model.safetensors").write_text("v")
    assert len({before, with_tokenizer, fingerprint(ours, folder)}) == 3


def test_a_file_of_the_hubs_cache_is_known_by_its_name(tmp_path: Path) -> None:
    plain = model(tmp_path / "plain")
    linked = model(tmp_path / "linked")
    blob = tmp_path / hashlib.sha256(b"w").hexdigest()
    (linked / "model.safetensors").rename(blob)
    (linked / "model.safetensors").symlink_to(blob)
    ours = card()
    assert fingerprint(ours, linked) == fingerprint(ours, plain)
