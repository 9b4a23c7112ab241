"""Keys of made things: digests of all that changes them, the code of their room included."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from patbench_lib.encode.key import FORMAT
from patbench_lib.landscape.folder import DESCRIBED
from patbench_lib.landscape.spec import DemoSource, Source
from patbench_lib.landscape.views import View, words_read
from patbench_lib.models import weights
from patbench_lib.models.card import SINGLE_VECTOR, Card
from patbench_lib.study import Study, digest

_FITTED = ("lsa", "lexical")


_SOURCES = (".py", ".yaml", ".js", ".css", ".html", ".mplstyle")
"""What a room is written in; a page's script and a figure's style decide over what is shown as its code does."""


@cache
def code_digest(room: str) -> str:
    """Return a digest of a room's source files, or of one file, so that a change of the code makes its results anew."""
    total, path = hashlib.sha256(), Path(str(files("patbench_lib"))).joinpath(room)
    for file in [path] if path.is_file() else sorted(path.rglob("*")):
        if file.suffix in _SOURCES:
            total.update(file.read_bytes())
    return total.hexdigest()[:16]


def made_by(*rooms: str, libraries: Sequence[str] = ()) -> str:
    """Return a digest of the source of rooms and of the versions of the libraries that decide with them."""
    return digest([code_digest(room) for room in rooms], [version(name) for name in libraries])


@cache
def _content(path: Path, size: int, modified: int) -> str:
    """Digest a file; its size and time are arguments so that a changed file is read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def landscape_key(spec: Source, root: Path) -> str:
    """Return the key of a landscape: its specification, the content of its file or folder, the code that reads it."""
    content = ""
    path = None if isinstance(spec, DemoSource) else root / spec.path
    if path and path.is_dir():
        path = path / DESCRIBED  # has the fingerprint of all that the folder holds
    if path and path.is_file():
        status = path.stat()
        content = _content(path, status.st_size, status.st_mtime_ns)
    return digest(spec, content, code_digest("landscape"))


def files_key(card: Card) -> str:
    """Fingerprint a model's files, gigabytes maybe, once a process; one written anew, as by a tuning, is read again."""
    return _weights(card.model_dump_json(), _written(card))


@cache
def _weights(card_json: str, _: int) -> str:
    card = Card.model_validate_json(card_json)
    return weights.fingerprint(card, weights.require(card))


def _written(card: Card) -> int:
    """Return when a folder of one's own was last written, 0 for weights that do not change."""
    folder = card.path.expanduser() if card.path else None
    return folder.stat().st_mtime_ns if folder and folder.is_dir() else 0


def model_key(study: Study, card: Card) -> str:
    """Return the key of a system's way of reading texts, without the texts."""
    if card.kind == "lexical":
        return digest("bm25", study.bm25)
    encoding = study.encoding
    # What is fitted is fitted to candidates, which are not all publications where judgements are given.
    fitted = study.relevance.relation == "given"
    files_of = fitted if card.kind in _FITTED else files_key(card)
    read_by = card.model_dump(mode="json", exclude={"path"})  # its files count, not where they lie
    return digest(
        read_by, files_of, encoding.max_tokens, encoding.compute, encoding.dtype, FORMAT, code_digest("models")
    )


def encoder_key(study: Study, card: Card, view: View, landscape: str, task: str) -> str:
    """Return the key of what a loaded encoder is like; of a fitted one it holds what it is fitted to, and by what."""
    if card.kind not in _FITTED:
        return digest(model_key(study, card), task)
    words = words_read(view, study.description_words)
    return digest(model_key(study, card), landscape, view, words, version("scikit-learn"))


def run_key(study: Study, card: Card, view: View, landscape: str) -> str:
    """Return the key of a run: landscape, judgements, view, system, search and depth."""
    search: object = _backend(study, card)
    if card.kind == "late-interaction":
        settings, first = study.late_interaction, study.card(study.baseline)
        own = settings.mode == "exact" or first.name == card.name
        stage = [] if own else [model_key(study, first), _backend(study, first)]
        search = [settings.mode, settings.max_mb, settings.candidates, stage, code_digest("bench")]
    words = words_read(view, study.description_words)
    code = code_digest("retrieve"), code_digest("encode")
    return digest(landscape, study.relevance, view, words, model_key(study, card), search, study.depth, code)


def _backend(study: Study, card: Card) -> str:
    return study.search.backend if card.kind in SINGLE_VECTOR else ""


def score_key(study: Study, run: str) -> str:
    """Return the key of a run's scores."""
    return digest(run, study.measured(), code_digest("evaluate"))
