"""A small site project, built with nbformat and without a kernel."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import v4
from nbformat import write as write_nb
from nbformat.notebooknode import NotebookNode

from patbench_lib.report.site import stage
from patbench_lib.report.site.fallback import render_without_quarto

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20" id="figure_1">'
    '<rect id="patch_1" width="40" height="20"/></svg>'
)
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
TABLE = """<table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>model</th><th>nDCG@10</th></tr></thead>
<tbody><tr><th>0</th><td>bm25</td><td>0.153</td></tr><tr><th>1</th><td>minilm</td><td>NaN</td></tr></tbody>
</table>"""
GROWTH_TEXT = """\
## Growth {#sec-growth}

See @fig-growth, @fig-second, @tbl-sizes, @tbl-words and @eq-gain.

$$
g = 2^r - 1
$$ {#eq-gain}
"""
GROWTH_CODE = """\
#| label: fig-growth
#| fig-cap: >
#|   Filings, by nDCG@10
#|   of [@efron1993].
#| fig-alt: Bars that grow.
plot()"""
QUARTO = """\
project:
  type: website
  output-dir: _site
  render: [index.qmd, "notebooks/[0-9]*.ipynb"]
execute: {enabled: false}
bibliography: references.bib
website:
  title: PatBench
  sidebar:
    search: true
    contents:
      - href: index.qmd
        text: Summary
      - section: First
        contents: [notebooks/01_landscape.ipynb, notebooks/02_models.ipynb]
      - section: Second
        contents: [notebooks/13_claims.ipynb]
format:
  html: {theme: cosmo, toc: true, number-sections: true, code-fold: true, html-math-method: mathml}
"""
BIB = """\
@article{jarvelin2002,
  author = {J{\\"a}rvelin, Kalervo and Kek{\\"a}l{\\"a}inen, Jaana},
  title = {Cumulated Gain-based Evaluation}, journal = {TOIS}, year = {2002}, doi = {10.1145/582415.582418}
}
@book{efron1993, author = {Efron, Bradley}, title = {An Introduction to the Bootstrap}, year = {1993}}
"""
INDEX = """\
---
title: The study
---

## Results {#sec-results}

{{< embed notebooks/01_landscape.ipynb#fig-growth >}}

{{< embed notebooks/01_landscape.ipynb#tbl-sizes >}}

{{< embed notebooks/01_landscape.ipynb#best >}}

@fig-growth and @tbl-sizes, of @sec-results: [@jarvelin2002; @efron1993], says @jarvelin2002, at $\\alpha = 0.7$.

::: {.needs notebook="02_models"}
Models: @fig-models.

::: {.callout-note}
{{< embed notebooks/02_models.ipynb#fig-models >}}
:::
:::

Read [the landscape](notebooks/01_landscape.ipynb) and [the claims](notebooks/13_claims.ipynb).
"""


def output(**data: str) -> NotebookNode:
    return v4.new_output(
        "display_data", data={key.replace("__", "/").replace("_", "+"): text for key, text in data.items()}
    )


def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {})


def landscape() -> NotebookNode:
    """A notebook with every kind of cell that a study has."""
    cells = [
        v4.new_markdown_cell("---\ntitle: The landscape\n---\n"),
        code("study = 'demo'", tags=("parameters",)),
        code("study = '/private/demo'", tags=("injected-parameters",)),
        v4.new_markdown_cell(GROWTH_TEXT),
        code(
            GROWTH_CODE,
            v4.new_output("stream", name="stderr", text="100%|###| 3/3"),
            output(image__svg_xml=SVG, text__plain="<Figure>"),
            output(text__plain="<Axes: xlabel='year'>"),
        ),
        code("#| label: fig-second\n#| fig-cap: Second.\n#| fig-alt: More bars.\nplot()", output(image__png=PNG)),
        v4.new_markdown_cell("---\n\nAfter a rule, mail a@b.org, and `@fig-code` stays."),
        code("#| label: tbl-sizes\n#| tbl-cap: Sizes.\nframe", output(text__html=TABLE)),
        code(
            "#| label: tbl-words\n#| tbl-cap: Words.\n#| echo: false\nshow()",
            output(text__markdown="| a | b |\n|---|---|\n| $x$ | [@efron1993] |\n"),
        ),
        code("#| label: best\n#| echo: false\nshow()", output(text__markdown="The best reaches **0.2** [@efron1993].")),
        code("print('hello')", v4.new_output("stream", name="stdout", text="hello\n")),
    ]
    return v4.new_notebook(cells=cells, metadata={"papermill": {"output_path": "/private/x.ipynb"}})


@pytest.fixture
def notebook_file(tmp_path: Path) -> Callable[[str, NotebookNode], Path]:
    """Write an executed notebook and return its path."""

    def write(name: str, notebook: NotebookNode) -> Path:
        path = tmp_path / "executed" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        write_nb(notebook, path)
        return path

    return write


def write_sources(root: Path) -> Path:
    (root / "theme").mkdir(parents=True)
    (root / "theme" / "patbench.css").write_text("/* look */")
    for name, text in (("_quarto.yml", QUARTO), ("references.bib", BIB), ("index.qmd", INDEX)):
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A repository root with the sources of a site."""
    return write_sources(tmp_path / "repository")


@pytest.fixture
def executed(notebook_file: Callable[[str, NotebookNode], Path]) -> Path:
    """The executed notebook `01_landscape`."""
    return notebook_file("01_landscape", landscape())


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the small project, as it comes out without Quarto."""
    root = tmp_path_factory.mktemp("project")
    write_nb(landscape(), root / "01_landscape.ipynb")
    staged = stage(
        "demo",
        title="Demo",
        notebooks=[root / "01_landscape.ipynb"],
        sources=write_sources(root / "repository"),
        out=root / "staged",
        banner="Synthetic landscape. Everything is **made up**.",
    )
    render_without_quarto(staged, root / "site")
    return root / "site"
