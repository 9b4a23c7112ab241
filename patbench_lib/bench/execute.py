"""Running a notebook with a study's parameters, keeping the copy of one that fails."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from patbench_lib.errors import PatbenchError
from patbench_lib.files import make_folder
from patbench_lib.study import Study


def execute_notebook(source: Path, output: Path, study: Study) -> None:
    """Execute a notebook through papermill.

    Parameters
    ----------
    output : where the executed notebook goes when it ends well; until then, and when it fails, the copy lies in a
        folder `unfinished` beside it.

    Raises
    ------
    PatbenchError
        Where a cell fails, which is named with its cause, or the kernel dies.
    """
    import papermill
    from nbclient.exceptions import DeadKernelError

    if not source.is_file():
        raise PatbenchError(f"No notebook at {source}.")
    unfinished = output.parent / "unfinished" / output.name
    make_folder(unfinished.parent)
    known = set(papermill.inspect_notebook(str(source)))
    default, given = Study().model_dump(mode="json"), study.model_dump(mode="json")
    parameters = {name: value for name, value in given.items() if name in known or value != default[name]}
    logging.getLogger("papermill").setLevel(logging.ERROR)  # it warns of every field a notebook does not show
    try:
        papermill.execute_notebook(
            str(source), str(unfinished), parameters=parameters, progress_bar=False, cwd=Path.cwd(), log_output=False
        )
    except DeadKernelError as error:
        raise PatbenchError(
            f"The kernel of {source.name} died.",
            why="It was killed, most often because memory was used up, or a library crashed.",
            todo=f"Run the same command again; as far as it came, the copy is {os.path.relpath(unfinished)}.",
        ) from error
    except papermill.PapermillExecutionError as error:
        raise PatbenchError(
            f"{source.name} failed in code cell {error.exec_count}: {error.ename}: {error.evalue}",
            why=_first_line(error.source),
            todo=f"The executed copy, with the failing cell in red, is {os.path.relpath(unfinished)}.",
        ) from error
    unfinished.replace(output)


def _first_line(source: str) -> str:
    lines = [line for line in source.splitlines() if line.strip() and not line.startswith("#")]
    return f"The cell begins: {lines[0]}" if lines else ""
