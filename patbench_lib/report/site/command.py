"""Run a renderer as a command, and tell its last lines where it fails."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from patbench_lib.errors import PatbenchError

_LAST_LINES = 15


def run_renderer(name: str, command: Sequence[str], folder: Path) -> None:
    """Run a renderer in a folder.

    Parameters
    ----------
    name : what the renderer is called in an error.
    command : the program and its arguments.
    folder : where it runs.
    """
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise PatbenchError(
            f"{name} could not render the site in {folder} (exit code {done.returncode}).",
            why="\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:]),
            todo="Correct the page that it names, and make the site again.",
        )
