"""Reading a study: from a YAML file, or from the parameters of a notebook, with errors that name the key."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from patbench_lib.errors import PatbenchError, nearest
from patbench_lib.study import Study

_READS_PARAMETERS = "study_from_notebook"

_WANTED = {
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a mapping of keys to values"),
    "tuple_type": "a list",
    "string_type": "text",
}
"""What a value should be, in a study file's words, by pydantic's type of problem."""


_MOST_NODES = 10_000
"""Keys and values of a study, what is referred to (`*name`) counted each time; a large study has some hundred."""


class _Loader(yaml.SafeLoader):
    """Safe YAML in which no key stands twice: the first value would be lost without a word.

    References that refer to references are written out in errors and copied by validation: a few lines can stand for
    a billion values, or for themselves.
    """

    def get_single_node(self) -> yaml.Node | None:
        """Compose the document, once its size with all references written out is known."""
        node: yaml.Node | None = super().get_single_node()
        if node is not None and _written_out(node, {}) > _MOST_NODES:
            raise yaml.composer.ComposerError(None, None, "its references stand for too many values", node.start_mark)
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Construct a mapping, once its keys are known to differ."""
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(None, None, f"`{twice[0]}` is written twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _written_out(node: yaml.Node, sizes: dict[int, float]) -> float:
    """Return how many nodes a node stands for; one that is in itself stands for endlessly many."""
    if id(node) not in sizes:
        sizes[id(node)] = math.inf  # until it is known: met again before that, it is in itself
        parts = node.value if isinstance(node, yaml.CollectionNode) else ()
        inner = [part for entry in parts for part in (entry if isinstance(entry, tuple) else (entry,))]
        sizes[id(node)] = 1 + sum(_written_out(part, sizes) for part in inner)
    return sizes[id(node)]


def read_study(path: Path) -> Study:
    """Read a study file.

    Raises
    ------
    PatbenchError
        Where the file is missing, no YAML mapping, or holds a key or value that a study does not allow.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError as error:
        raise PatbenchError(f"No study file at {path}.", todo="The studies shipped are in params/.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date of no month, lists nested too deeply
        raise PatbenchError(f"{path} is not readable YAML.", why=str(error)) from error
    except OSError as error:
        raise PatbenchError(f"{path} cannot be read.", why=str(error)) from error
    if not isinstance(content, dict):
        raise PatbenchError(f"{path} holds no `key: value` pairs.", todo="Copy params/own-corpus.yaml to start from.")
    return make_study(content, where=str(path))


def study_from_notebook(namespace: Mapping[str, Any]) -> Study:
    """Build the study from the parameters a notebook was run with.

    Parameters are the names that the cells before the first call of this function assign: the notebook's own
    `parameters` cell and the one that papermill injects. A name that no study has is refused here, because papermill
    only warns of it. Fields that the notebook does not name have the study's defaults.

    Parameters
    ----------
    namespace : the notebook's `globals()`.
    """
    names: list[str] = []
    for cell in namespace.get("In", []):
        if _READS_PARAMETERS in cell:
            break
        names += _assigned(cell)
    given = {name: namespace[name] for name in dict.fromkeys(names) if name in namespace}
    return make_study(given, where="the notebook's parameters")


def _assigned(source: str) -> list[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []  # a cell magic assigns no parameter
    targets = [t for node in body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def make_study(content: Mapping[str, Any], *, where: str) -> Study:
    """Validate a mapping into a study; errors name `where`, the key, and the nearest valid name."""
    try:
        return Study.model_validate(dict(content))
    except ValidationError as error:
        problems = error.errors()
        telling = [problem for problem in problems if not _beside_the_point(problem)] or problems
        lines = [_explain(problem, content) for problem in telling]
        raise PatbenchError(f"{where}: " + f"\n{where}: ".join(dict.fromkeys(lines))) from error


def _beside_the_point(problem: Any) -> bool:
    """Tell complaints of a union's other members, and that a list is short where its entries are bad."""
    kind, given = problem["type"], problem["input"]
    is_mapping = isinstance(given, Mapping)
    return kind == "too_short" or (kind == "literal_error" and is_mapping) or (kind == "model_type" and not is_mapping)


def _written(problem: Any, content: Any) -> str:
    """Return a problem's place as the file has it, without the names of the union's members that pydantic adds."""
    shown: list[str] = []
    for part in problem["loc"]:
        holds = part in content if isinstance(content, Mapping) else isinstance(content, (list, tuple))
        if holds:
            shown.append(str(part))
            content = content[part]
    if problem["type"] == "missing":
        shown.append(str(problem["loc"][-1]))
    return ".".join(shown)


def _explain(problem: Any, content: Mapping[str, Any]) -> str:
    place = [str(part) for part in problem["loc"]]
    key = _written(problem, content)
    if problem["type"] in _WANTED:
        return f"`{key}` must be {_WANTED[problem['type']]}, not {_shown(problem['input'])}"
    if problem["type"] == "union_tag_not_found":
        return f"`{key}` does not say its `source`: table or demo"
    if problem["type"] == "extra_forbidden":
        valid = _valid_names(place[:-1])
        close = nearest(place[-1], valid)
        hint = f"did you mean `{close}`?" if close else f"known here: {', '.join(valid)}"
        return f"`{key}` is not a parameter; {hint}"
    if problem["type"] in ("literal_error", "union_tag_invalid"):
        told = problem["ctx"]
        options = re.findall(r"'([^']*)'", told.get("expected") or told["expected_tags"])
        given = told.get("tag", problem["input"])
        close = nearest(str(given), options)
        hint = f"did you mean '{close}'?" if close else f"one of {', '.join(options)}"
        return f"`{key}` cannot be {_shown(given)}; {hint}"
    message = problem["msg"].removeprefix("Value error, ")
    return f"`{key}`: {message}" if key else message


def _shown(value: Any, most: int = 200) -> str:
    """Return a value as an error quotes it."""
    text = repr(value)
    return text if len(text) <= most else text[:most] + " …"


def _valid_names(place: list[str]) -> list[str]:
    """Return the fields that the model at a place of the study has; a union's tag in the place picks its member."""
    models: list[type[BaseModel]] = [Study]
    for part in place:
        inner = [m for model in models if part in model.model_fields for m in _models_of(model.model_fields[part])]
        tagged = [m for m in models if "source" in m.model_fields and m.model_fields["source"].default == part]
        models = inner or tagged or models
    return sorted({name for model in models for name in model.model_fields})


def _models_of(field: Any) -> list[type[BaseModel]]:
    found, waiting = [], [field.annotation]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found.append(kind)
        waiting.extend(get_args(kind))
    return found


def dump_study(study: Study) -> str:
    """Return a study as YAML with every field."""
    return yaml.safe_dump(study.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110)


def study_schema() -> str:
    """Return the JSON Schema of a study file, for editors."""
    return json.dumps(Study.model_json_schema(), indent=1) + "\n"
