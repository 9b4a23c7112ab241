"""What SECURITY.md promises: what code may not contain, what is pinned, and hostile text that stays text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
import yaml
from fixtures.maps import HOSTILE

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.demo import vocabulary
from patbench_lib.landscape.origins.origin import NAMES, find_origin
from patbench_lib.models.permission import trust_code
from patbench_lib.models.registry import load_registry
from patbench_lib.parameters import _Loader, read_study
from patbench_lib.report.labels import plain
from patbench_lib.report.style import use_style
from patbench_lib.report.tables import table

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "patbench_lib").rglob("*.py"))
MODULES = ("pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle")
CALLS = ("eval", "exec", "compile", "__import__", "os.system", "os.popen", "pd.read_pickle", "pandas.read_pickle")
SAFE_LOADERS = {"patbench_lib/parameters.py": "_Loader", "patbench_lib/landscape/demo/vocabulary.py": "loader"}


def dotted(node: ast.expr) -> str:
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def value_of(call: ast.Call, name: str) -> object:
    found = next((word.value for word in call.keywords if word.arg == name), None)
    return found.value if isinstance(found, ast.Constant) else found


def problems(source: str, path: str = "x.py") -> Iterator[str]:
    """Yield what a module has that none may have."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            yield from (f"imports {name}" for name in names if name.partition(".")[0] in MODULES)
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name in CALLS:
            yield f"calls {name}"
        if name in ("yaml.unsafe_load", "yaml.full_load", "yaml.load_all"):
            yield f"calls {name}"
        if name == "yaml.load":
            loaders = [dotted(word) for word in (*node.args[1:], *(each.value for each in node.keywords))]
            if loaders != [SAFE_LOADERS.get(path)]:
                yield f"loads YAML by {loaders}"
        if name == "torch.load" and value_of(node, "weights_only") is not True:
            yield "loads weights by pickle"
        arrays = name in ("np.load", "numpy.load", "np.savez", "np.savez_compressed", "np.save")
        if arrays and value_of(node, "allow_pickle") is not False:
            yield f"{name} may pickle"
        if value_of(node, "shell") is True:
            yield f"{name} through a shell"
        if name.endswith((".extractall", ".unpack_archive")) or (name.endswith(".extract") and node.args):
            yield f"{name} unpacks to disk"
        if name.endswith("trust_remote_code") or value_of(node, "trust_remote_code") is True:
            yield "runs code from a hub unasked"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import pickle", "imports pickle"),
        ("from joblib import load", "imports joblib"),
        ("eval('1')", "calls eval"),
        ("yaml.load(text, yaml.Loader)", "loads YAML by ['yaml.Loader']"),
        ("yaml.load(text)", "loads YAML by []"),
        ("torch.load(path, weights_only=False)", "loads weights by pickle"),
        ("torch.load(path)", "loads weights by pickle"),
        ("np.load(path)", "np.load may pickle"),
        ("np.load(path, allow_pickle=True)", "np.load may pickle"),
        ("subprocess.run('ls', shell=True)", "subprocess.run through a shell"),
        ("archive.extractall(folder)", "archive.extractall unpacks to disk"),
        ("Model(x, trust_remote_code=True)", "runs code from a hub unasked"),
    ],
)
def test_each_of_them_would_be_found(source: str, said: str) -> None:
    assert list(problems(source)) == [said]


def test_no_module_has_any_of_them() -> None:
    found = {}
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        # The store's read is of this room's own arrays, for which numpy refuses objects by default.
        wrong = [each for each in problems(path.read_text(encoding="utf-8"), name) if not _by_default(name, each)]
        if wrong:
            found[name] = wrong
    assert found == {}


def _by_default(name: str, said: str) -> bool:
    return name == "patbench_lib/encode/store.py" and said == "np.load may pickle"


def test_numpy_refuses_objects_by_default(tmp_path: Path) -> None:
    import numpy as np

    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        np.load(tmp_path / "x.npy")


def test_the_loaders_of_yaml_are_safe_ones() -> None:
    assert issubclass(_Loader, yaml.SafeLoader)
    assert 'getattr(yaml, "CSafeLoader", yaml.SafeLoader)' in Path(vocabulary.__file__ or "").with_name(
        "vocabulary.py"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [
        "name: !!python/object/apply:os.system ['touch hit']",
        "!!python/object/new:os.system ['touch hit']",
        "name: !!python/name:os.system",
    ],
)
def test_a_study_that_asks_for_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(content)
    with pytest.raises(PatbenchError, match="is not readable YAML"):
        read_study(tmp_path / "s.yaml")
    assert not (tmp_path / "hit").exists()


COMMIT = re.compile(r"[0-9a-f]{40}")
ABBREVIATED = {"Conan-v1", "KaLM-Gemma3-12B"}
"""Models whose commit is known by its first digits alone, which `patbench models fetch` lengthens."""

UNPINNED_CODE = {"Nemotron-1B"}
"""Models of which neither commit nor code is pinned: the table that names them does not tell which it was."""


def test_models_of_the_hub_are_pinned_to_a_commit_or_say_that_they_are_not() -> None:
    cards = [card for card in load_registry().values() if card.hf_id]
    assert len(cards) > 20
    short = {card.name for card in cards if card.revision and not COMMIT.fullmatch(card.revision)}
    assert short == ABBREVIATED
    assert all(re.fullmatch(r"[0-9a-f]{8,}", card.revision or "0" * 8) for card in cards)
    loose = [card for card in cards if card.revision is None]
    assert all("no revision is pinned" in card.certainty for card in loose)
    assert {card.name for card in loose if card.remote_code} == UNPINNED_CODE


def test_data_of_the_hub_is_pinned_to_a_commit() -> None:
    fetched = [origin for origin in map(find_origin, NAMES) if origin.repository]
    assert fetched and all(COMMIT.fullmatch(origin.revision) for origin in fetched)


def test_code_of_a_model_runs_by_name_alone() -> None:
    needs = [card for card in load_registry().values() if card.remote_code]
    assert needs
    for card in needs:
        with pytest.raises(PatbenchError, match="runs Python code from its repository"):
            trust_code(card, [other.name for other in needs if other is not card])
        assert trust_code(card, [card.name])


class Elements(HTMLParser):
    """The elements that a browser makes of a piece of HTML, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_text_in_a_table_stays_text() -> None:
    shown = table(pd.DataFrame({"title": [HOSTILE], HOSTILE: ["x"]}), notes=[HOSTILE]).as_raw_html()
    page = Elements(shown)
    assert not {"script", "img", "b"} & set(page.tags)
    assert page.text.count("<script>alert('1')</script>") == 3


def test_hostile_text_in_prose_stays_text() -> None:
    import pypandoc

    made = Elements(pypandoc.convert_text(f"Best is **{plain(HOSTILE)}**.", "html", format="markdown"))
    assert set(made.tags) == {"p", "strong"}
    assert "<script>alert(" in made.text and "onerror=alert(2)>" in made.text


def test_hostile_text_in_a_figure_stays_text(tmp_path: Path) -> None:
    use_style()
    figure, axes = plt.subplots()
    axes.set_title(HOSTILE + r" $\frac{ $")
    figure.savefig(tmp_path / "x.svg")
    plt.close(figure)
    drawn = Elements((tmp_path / "x.svg").read_text(encoding="utf-8"))
    assert not {"script", "img", "b"} & set(drawn.tags)


def test_the_policy_names_this_file_and_the_readme_names_the_policy() -> None:
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    for path in re.findall(r"`(tests/[\w/]+\.py)`", policy):
        assert (ROOT / path).is_file(), path
    assert "`tests/unit/test_security.py`" in policy
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")
