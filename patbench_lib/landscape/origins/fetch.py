"""Getting a source's files from the hub, at the pinned revision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins.origin import Options, Origin, counted
from patbench_lib.landscape.schema import Landscape


def fetch_landscape(origin: Origin, options: Options) -> Landscape:
    """Download a source's files and read them; counts that differ from the pinned revision's are told.

    Raises
    ------
    PatbenchError
        Where the source has no repository, the files cannot be had, or they are not of its layout.
    """
    made = origin.read(download(origin), options)
    for line in counted(origin, {"publications": len(made)} if not options.codes and not options.part else {}):
        options.say(line)
    return replace(made, provenance=replace(made.provenance, revision=origin.revision))


def terms(origin: Origin) -> str:
    """Return what is to be known before a download.

    Raises
    ------
    PatbenchError
        Where the source is none that can be downloaded.
    """
    if not origin.repository:
        raise PatbenchError(
            f"'{origin.name}' has no repository that can be fetched.",
            why=f"It is {origin.about}.",
            todo=f"Get the files, and read them with `patbench landscape build {origin.name} FILES -o FOLDER`.",
        )
    return (
        f"{origin.name}: {origin.about}\n"
        f"  from {_address(origin)} at {origin.revision}, {len(origin.files)} files\n"
        f"  licence: {origin.licence}"
    )


def download(origin: Origin) -> list[Path]:
    """Download the files into the hub's cache; what is there already is not fetched again, what was begun goes on.

    Raises
    ------
    PatbenchError
        Offline, without access to a gated repository, or where the hub has no such file or does not answer.
    """
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, HTTPError  # type: ignore[attr-defined]  # its HTTP client's

    terms(origin)
    if constants.is_offline_mode():
        raise _failed(origin, "HF_HUB_OFFLINE is set in this environment.", "Unset it and run this again, or")
    place, revision = origin.repository, origin.revision
    try:
        return [Path(hf_hub_download(place, name, repo_type="dataset", revision=revision)) for name in origin.files]
    except GatedRepoError as error:
        access = f"Accept its terms at {_address(origin)}, run `hf auth login`, and run this again, or"
        raise _failed(origin, "The repository is gated: it is open to those who accepted its terms.", access) from error
    except (OSError, ValueError, EntryNotFoundError, HTTPError) as error:
        raise _failed(origin, _cause(error), "Run this again: a download goes on where it stopped. Or") from error


def _cause(error: BaseException) -> str:
    """Return what began the failure: the hub's client wraps a refused connection in one about its own cache."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def _failed(origin: Origin, why: str, first: str) -> PatbenchError:
    return PatbenchError(
        f"'{origin.name}' could not be fetched from {_address(origin)}.",
        why=why,
        todo=f"{first} download {', '.join(origin.files)} at revision {origin.revision} by hand, and read them with "
        f"`patbench landscape build {origin.name} FILES -o FOLDER`.",
    )


def _address(origin: Origin) -> str:
    return f"https://huggingface.co/datasets/{origin.repository}"
