"""A landscape of real patents through PatBench and through MTEB with the same model: time, and the same score."""

from __future__ import annotations

import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

from clock import arguments, in_turns, ratio, report

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.bench import Bench
from patbench_lib.parameters import make_study

SHARED = Path(__file__).parents[2] / "shared" / "data"
SETS: dict[str, dict[str, Any]] = {
    "patsnap": {"relation": "cites"},
    "us-week-2007": {"relation": "coupling", "min_shared": 2},
}


def bench(name: str, system: str, home: Path) -> Bench:
    """Return the bench of title and abstract of one set, in a home without vectors."""
    none: dict[str, Any] = {"systems": []}
    content = {
        "name": name,
        "landscape": {"source": "table", "name": name, "path": str(SHARED / f"{name}.parquet")},
        "external": None,
        "relevance": SETS[name],
        "views": ["TA"],
        "systems": [system],
        "baseline": system,
        "late_interaction": none,
        "passages": none,
        "finetuning": {"models": []},
    }
    return Bench(make_study(content, where=name), home, progress=False)


def main() -> None:
    from patbench_lib.mteb_bridge.encoder import MtebEncoder
    from patbench_lib.mteb_bridge.retrieval_task import LandscapeRetrieval
    from patbench_lib.mteb_bridge.run import run_tasks

    options = arguments(__doc__, transformer=0, rounds=3)
    if not SHARED.is_dir():
        sys.exit(f"There are no real patents at {SHARED}.")
    system = "MiniLM-L6" if options.transformer else "MiniLM-static"
    seconds: dict[str, list[float]] = {}
    figures: dict[str, tuple[float, str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in SETS:
            homes, found = (Path(folder) / f"{name}-{i}" for i in count()), {}
            arena: Arena = bench(name, system, next(homes)).arena
            task = LandscapeRetrieval(arena, "TA")

            def ours(name: str = name, homes: Any = homes, arena: Arena = arena, found: Any = found) -> None:
                made = bench(name, system, next(homes))
                scores = made.scores(system, arena, "TA")
                found["ours"] = scores[(scores["stratum"] == "ALL") & (scores["measure"] == "nDCG@10")]["value"].mean()

            def theirs(name: str = name, homes: Any = homes, arena: Arena = arena, task: Any = task) -> None:
                run_tasks(MtebEncoder(bench(name, system, next(homes)), system, arena, "TA"), [task])

            us, them = f"{name}, PatBench", f"{name}, MTEB"
            seconds |= in_turns({us: ours, them: theirs}, options.rounds)
            figures[f"{name}: MTEB's time by ours"] = ratio(seconds, them, us), "encoding included"
            figures[f"{name}: nDCG@10 here"] = found["ours"], system
            means = [values["ndcg_cut_10"] for values in task.by_query.values()]
            figures[f"{name}: nDCG@10 by MTEB"] = sum(means) / len(means), "differs by ties alone"
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
