"""A tuned model as a folder: in the layout of the hub, with a model card, and with a card of ours."""

from __future__ import annotations

import shutil
import uuid
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from patbench_lib.errors import PatbenchError
from patbench_lib.files import make_folder, replacing
from patbench_lib.models.card import Card
from patbench_lib.models.transformer import no_progress_bar
from patbench_lib.models.weights import fingerprint
from patbench_lib.types import Role

RECORD = "patbench.yaml"
_LICENCES = {"apache-2.0", "mit", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "gemma"}
"""Licences that the hub knows by these names; it takes any other as "other", with its name beside it."""

_OURS = ("key", "losses")
"""What is told of a training for our own use, and left out of the model card."""

_ROLES: tuple[Role, ...] = ("query", "document")


def save_tuned(model: Any, base: Card, folder: Path, *, name: str, about: Mapping[str, Any]) -> Card:
    """Write a tuned model, whole or not at all.

    Parameters
    ----------
    model : the SentenceTransformer.
    base : card of the model that training started from.
    folder : where to; what is there already is replaced.
    name : what studies call the tuned model.
    about : what is told of its training: recipe, landscape, pairs, seed and so on; plain values.

    Returns
    -------
    the card of the tuned model.
    """
    prompts = {role: base.prompt(role) for role in _ROLES if base.prompt(role)}
    model.prompts = {**prompts, **{task: base.prompt("document", task) for task in base.task_prompts}}
    make_folder(folder.parent)
    temporary = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        with no_progress_bar():
            model.save_pretrained(str(temporary), create_model_card=False)
        card = _written(base, name)
        files = fingerprint(Card(**card, path=temporary), temporary)
        _tell(temporary, base, {"card": card, "training": dict(about), "fingerprint": files})
        remove_tuned(folder)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return tuned_card(folder)


def remove_tuned(folder: Path) -> None:
    """Remove a tuned model's folder, if there is one; a kill meanwhile leaves no half of it under its name."""
    gone = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp"
    if folder.is_dir():
        folder.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)


def tell_tested(folder: Path, base: Card, tested: Mapping[str, str]) -> None:
    """Write into a tuned model's folder what tests of it gave: a figure by what it is of."""
    record = _record(folder)
    if record.get("tested") != dict(tested):
        _tell(folder, base, {**record, "tested": dict(tested)})


def _tell(folder: Path, base: Card, record: Mapping[str, Any]) -> None:
    """Write the record of a tuned model, for us, and its model card, for everyone."""
    card = model_card(base, record["card"]["name"], record["training"], record.get("tested", {}))
    with replacing(folder / "README.md") as temporary:
        temporary.write_text(card, encoding="utf-8")
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(yaml.safe_dump(dict(record), sort_keys=False, allow_unicode=True), encoding="utf-8")


def tuned_card(folder: Path) -> Card:
    """Return the card of a tuned model's folder, for the `models` of a study.

    Raises
    ------
    PatbenchError
        Where the folder holds no model that was tuned here.
    """
    return Card(**_record(folder)["card"], path=folder)


def found_tuned(folder: Path, key: str) -> Card | None:
    """Return the card of a folder whose training had this key, None where there is none, or its record is damaged."""
    if not folder.is_dir():
        return None
    try:
        return tuned_card(folder) if training_of(folder).get("key") == key else None
    except (PatbenchError, ValidationError) as error:
        warnings.warn(f"{str(error).partition(chr(10))[0]} It is tuned again.", stacklevel=2)
        return None


def saved_files(folder: Path) -> str | None:
    """Return the fingerprint of the files that were saved in a tuned model's folder; None where it tells of none."""
    return _record(folder).get("fingerprint")


def training_of(folder: Path) -> dict[str, Any]:
    """Return what a tuned model's folder tells of its training."""
    found: dict[str, Any] = _record(folder)["training"]
    return found


def model_card(base: Card, name: str, about: Mapping[str, Any], tested: Mapping[str, str]) -> str:
    """Return the README of a tuned model as a model card of the hub: a block of metadata, then prose."""
    from huggingface_hub import ModelCard, ModelCardData

    licence = base.licence.lower().replace(" ", "-")
    data = ModelCardData(
        base_model=base.hf_id,
        license=licence if licence in _LICENCES else "other",
        license_name=None if licence in _LICENCES else licence,
        library_name="sentence-transformers",
        pipeline_tag="sentence-similarity",
        datasets=str(about["landscape"]).split(" + ") if about.get("landscape") else None,
        tags=["sentence-transformers", "feature-extraction", "patents", "patbench"],
    )
    told = {key: value for key, value in about.items() if key not in _OURS and value is not None}
    rows = _rows(told)
    figures = f"## Tests\n\n| | |\n|---|---|\n{_rows(tested)}\n\n" if tested else ""
    asked = ", ".join(f"`{base.prompt(role)}` before a {role}" for role in _ROLES if base.prompt(role))
    return str(
        ModelCard(
            f"---\n{data.to_yaml()}\n---\n\n# {name}\n\n"
            f"A model for patents: {base.hf_id or base.name}, fine-tuned on pairs of texts with InfoNCE over in-batch "
            f"negatives. A text becomes a vector of {base.dim} dimensions; two are compared by their cosine.\n\n"
            "```python\nfrom sentence_transformers import SentenceTransformer\n\n"
            'model = SentenceTransformer("this folder")\n'
            'queries = model.encode_query(["A walking aid with an obstacle sensor."])\n'
            'documents = model.encode_document(["A cane whose handle vibrates near obstacles."])\n'
            "model.similarity(queries, documents)\n```\n\n"
            + (f"It was trained with prompts, and needs them: {asked}.\n\n" if asked else "")
            + f"## Training\n\n| | |\n|---|---|\n{rows}\n\n{figures}"
            "## Limits\n\nWhat was learnt on one landscape of patents need not help on another, and can harm there: "
            "measure before use. Licence of the base model: "
            f"{base.licence}.\n"
        )
    )


def _rows(told: Mapping[str, Any]) -> str:
    return "\n".join(f"| {key.replace('_', ' ')} | {_cell(value)} |" for key, value in told.items())


def _written(base: Card, name: str) -> dict[str, Any]:
    """Return the tuned model's card without its folder, which may move."""
    changed = {
        "name": name,
        # Not one of its base's sizes: the scale figure would draw it as such.
        "family": None,
        "hf_id": None,
        "revision": None,
        "path": None,
        "embedded": False,
        "layers": None,
        "weights_dtype": "float32",
        "gated": False,
        "certainty": "sure: tuned here",
        "notes": f"{base.name}{f' ({base.hf_id})' if base.hf_id else ''}, fine-tuned by PatBench.",
    }
    return {key: value for key, value in {**base.model_dump(mode="json"), **changed}.items() if value is not None}


def _record(folder: Path) -> dict[str, Any]:
    try:
        record = yaml.safe_load((folder / RECORD).read_text(encoding="utf-8"))
    except OSError as error:
        raise PatbenchError(
            f"{folder} is not the folder of a model tuned here.",
            why=f"It has no {RECORD}.",
            todo="Write a card for another model in the study, with `path`.",
        ) from error
    except yaml.YAMLError:
        record = None
    if not isinstance(record, dict) or not all(isinstance(record.get(part), dict) for part in ("card", "training")):
        raise PatbenchError(
            f"{folder / RECORD} does not describe a tuned model.", todo="Remove the folder and tune anew."
        )
    return record


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_cell(entry)}" for key, entry in value.items())
    return ", ".join(map(_cell, value)) if isinstance(value, (list, tuple)) else str(value).replace("|", "\\|")
