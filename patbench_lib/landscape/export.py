"""Writing a landscape so that others can have it: a folder for studies, and in the layout of the hub's data sets."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.files import write_text
from patbench_lib.landscape.dataset_card import dataset_card
from patbench_lib.landscape.folder import DESCRIBED, save_landscape
from patbench_lib.landscape.schema import SECTIONS, Landscape

CARD = "README.md"

_FORBIDDING = re.compile(
    r"proprietary|confidential|all rights reserved|(no|not be|without) (sharing|redistribut\w+|shared|passed on)",
    re.IGNORECASE,
)
"""Words of a licence that is taken to forbid sharing: a licence is known by its text alone."""


def export_landscape(landscape: Landscape, folder: Path, *, with_licensed: bool = False) -> Landscape:
    """Write patents, provenance and card into a folder, and return what was written.

    Parameters
    ----------
    with_licensed : whether licensed sections, and a landscape whose licence forbids sharing, are written all the same,
        for use under the same licence. Else the sections are left out, and such a landscape is refused.

    Raises
    ------
    PatbenchError
        Where the licence forbids sharing, no text is left without the licensed sections, or the folder has a README of
        something else.
    """
    if (folder / CARD).exists() and not (folder / DESCRIBED).exists():
        why = f"It has a {CARD} that is of something else, and would be written over."
        raise PatbenchError(f"{folder} holds no landscape.", why=why, todo="Name a folder that is new.")
    licensed = tuple(section for section in landscape.provenance.licensed if landscape.has(section))
    if not with_licensed:
        _refuse_forbidden(landscape, licensed)
    left_out = () if with_licensed else licensed
    written = _without(landscape, left_out) if left_out else landscape
    write_text(folder / CARD, dataset_card(written, left_out))
    save_landscape(written, folder)
    return written


def _refuse_forbidden(landscape: Landscape, licensed: tuple[str, ...]) -> None:
    todo = "`--with-licensed` writes it all the same, for use under the same licence; do not pass it on."
    licence = landscape.provenance.licence
    if _FORBIDDING.search(licence):
        raise PatbenchError(f"'{landscape.name}' is not to be shared.", why=f"Its licence: {licence}.", todo=todo)
    if licensed and not any(landscape.has(section) for section in SECTIONS if section not in licensed):
        why = f"{', '.join(licensed)} are licensed, and it has no other text."
        raise PatbenchError(f"Nothing of '{landscape.name}' can be shared.", why=why, todo=todo)


def _without(landscape: Landscape, sections: tuple[str, ...]) -> Landscape:
    patents = landscape.patents.assign(**dict.fromkeys(sections, ""))
    about = landscape.provenance
    note = f"{about.note}; " if about.note else ""
    told = f"{note}licensed text left out: {', '.join(sections)}"
    return replace(landscape, patents=patents, provenance=replace(about, note=told, licensed=()))
