"""How a notebook is run again: as it was run, with another value, and on one's own patents."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.errors import PatbenchError
from patbench_lib.parameters import read_study
from patbench_lib.study import Study

_BIN = ".venv/bin"
_SAYS = """\
`{notebook}` needs no other notebook to have run: what it lacks is computed, what was computed is found. The lines are \
for the compendium's folder. The first runs it as it was run here, the second with another value of `{name}`. `-p` \
replaces one parameter, and `-y` any; a dictionary is replaced as a whole, and what it leaves out has the default.

```bash
{same}
{other}
```

On patents of your own, from a table:

```bash
{study}
{own}
```
"""


def rerun(bench: Bench, notebook: str, parameter: str = "seed") -> Markdown:
    """Return the lines that run a notebook again, for the study at hand.

    Parameters
    ----------
    notebook : its name without suffix, "03_retrieval".
    parameter : the number or list of the study that the second line changes: a number to half of it, a list to its
        first half. Where that changes nothing it is the seed, which grows by one.

    Raises
    ------
    PatbenchError
        Where the parameter is neither a number nor a list.
    """
    file = f"notebooks/{notebook}.ipynb"
    same = [f"{_BIN}/papermill", file, "out.ipynb", *_given(bench)]
    name, value = _another(bench.study, parameter)
    other = ["-p", name, str(value)] if isinstance(value, int) else ["-y", _flow({name: value})]
    own = [f"{_BIN}/papermill", file, "out.ipynb", "-f", "study.yaml"]
    text = _SAYS.format(
        notebook=file,
        name=name,
        same=shlex.join(same),
        other=shlex.join([*same, *other]),
        study=f"{_BIN}/patbench study new --table patents.csv -o study.yaml",
        own=shlex.join(own),
    )
    return Markdown(text)


def _given(bench: Bench) -> list[str]:
    """Return the options that give papermill this study: its file, and what was run otherwise than the file says."""
    root, file = _study_file(bench)
    base = read_study(root / file) if file else Study()
    options = ["-f", file.as_posix()] if file else []
    before, now = base.model_dump(mode="json"), bench.study.model_dump(mode="json")
    short = bench.study.model_dump(mode="json", exclude_unset=True)
    changed = {name: short.get(name, value) for name, value in now.items() if value != before[name]}
    return options + (["-y", _flow(changed)] if changed else [])


def _study_file(bench: Bench) -> tuple[Path, Path | None]:
    """Return the folder and, seen from it, the file that a study of this name is read from; None where there is none.

    Results may have a home of their own, so the folder that the notebook runs in is looked into as well.
    """
    name = bench.study.name
    for root in (bench.paths.root, Path.cwd()):
        for file in (Path("params") / f"{name}.yaml", Path("build") / name / "study.yaml"):
            if (root / file).is_file():
                return root, file
    return bench.paths.root, None


def _another(study: Study, name: str) -> tuple[str, Any]:
    """Return a parameter and another value for it, the seed where the one asked for has no other."""
    value = getattr(study, name)
    if isinstance(value, int) and name != "seed":
        return name, value // 2 or value + 1
    if isinstance(value, tuple):
        half = list(value[: max(1, len(value) // 2)])
        if len(half) < len(value):
            return name, half
    elif name != "seed":
        raise PatbenchError(f"`{name}` is neither a number nor a list.", todo="Name another parameter of the study.")
    return "seed", study.seed + 1


def _flow(values: dict[str, Any]) -> str:
    return yaml.safe_dump(values, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6).strip()
