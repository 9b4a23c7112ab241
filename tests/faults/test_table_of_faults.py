"""The table of faults names tests that exist, and every test module of this folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (Path(__file__).parent / "README.md").read_text(encoding="utf-8"))


def test_every_test_named_exists() -> None:
    missing = []
    for file, name in NAMED:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{file}::{name}")
    assert len(NAMED) > 20 and missing == []


def test_every_module_of_this_folder_is_in_the_table() -> None:
    named = {Path(file).name for file, _ in NAMED}
    assert {path.name for path in Path(__file__).parent.glob("test_*.py")} - named == {Path(__file__).name}
