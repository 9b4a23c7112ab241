"""MTEB's own tasks, which bring their data from the hub, run with one of our models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.reproduce import Computed
from patbench_lib.bench.results import card_provenance
from patbench_lib.errors import PatbenchError, unknown_name
from patbench_lib.mteb_bridge.extra import require_mteb
from patbench_lib.parameters import make_study
from patbench_lib.reference.expected import Row


def own_task(name: str) -> Any:
    """Return a task of MTEB with its data.

    Raises
    ------
    PatbenchError
        Where MTEB has none of that name, or its data cannot be brought.
    """
    require_mteb()
    import mteb
    from mteb.get_tasks import _TASKS_REGISTRY

    if name not in _TASKS_REGISTRY:
        error = unknown_name("task of MTEB", name, _TASKS_REGISTRY)
        raise PatbenchError(error.what, why=f"It has {len(_TASKS_REGISTRY):,} tasks.", todo=error.todo)
    task = mteb.get_task(name)
    try:
        task.load_data()
    except (OSError, ValueError, RuntimeError) as error:
        raise PatbenchError(
            f"The data of {name} cannot be brought: {task.metadata.dataset['path']}.",
            why=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}",
            todo="Run it once with network, or with the data set in the hub's cache.",
        ) from error
    return task


def computed_by_mteb(row: Row, root: Path) -> Computed:
    """Compute a row's main score by MTEB's own task, on vectors of the row's model."""
    require_mteb()
    from importlib.metadata import version

    from patbench_lib.mteb_bridge.encoder import MtebEncoder
    from patbench_lib.mteb_bridge.run import run_tasks

    content = {"name": f"reproduction-{row.name}", "external": None, "systems": [row.model], "baseline": row.model}
    bench = Bench(make_study(content, where=f"the protocol of {row.id}"), root)
    encoder = MtebEncoder(bench, row.model, bench.arena, "TA")
    (result,) = run_tasks(encoder, [own_task(row.group.data.task)])
    made = {**card_provenance(bench, row.model), "versions": f"mteb {version('mteb')}"}
    return Computed(float(result.get_score()), None, made)
