"""A figure drawn again: from the scores of single queries, not from the tables that were kept."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pandas as pd
import pytest
import yaml
from fixtures.commands import Patbench
from fixtures.studies import SMALL
from nbformat import v4

from patbench_lib.bench.execute import execute_notebook
from patbench_lib.parameters import read_study

DRAW = """\
#| label: fig-means
#| fig-cap: "Means by system."
#| fig-alt: "Bars."
import matplotlib.pyplot as plt
results, _ = retrieval_results(bench)
mine = results[results["measure"] == "nDCG@10"]
figure, axes = plt.subplots()
axes.bar(mine["system"] + mine["stratum"], mine["value"])
finish(figure, synthetic=True)"""
OPEN = """\
from patbench_lib.bench.bench import Bench
from patbench_lib.bench.results import retrieval_results
from patbench_lib.parameters import study_from_notebook
from patbench_lib.report.style import finish, use_style
bench = Bench(study_from_notebook(globals()), progress=False)
use_style()"""


@pytest.fixture
def study(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Execute a notebook of one figure, and one more cell that fails once it has been looked at."""
    monkeypatch.chdir(home)
    file = home / "small.yaml"
    file.write_text(yaml.safe_dump(SMALL))
    after = v4.new_code_cell("import os\nassert not os.environ.get('PATBENCH_TABLES')")
    cells = [v4.new_code_cell("name: str = 'small'", metadata={"tags": ["parameters"]})]
    cells += [v4.new_code_cell(OPEN), v4.new_code_cell(DRAW), after]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    source = home / "03_means.ipynb"
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), source)
    execute_notebook(source, home / "build" / "small" / "notebooks" / source.name, read_study(file))
    return file


def test_a_figure_is_drawn_from_scores_and_held_against_the_one_shown(
    study: Path, home: Path, patbench: Patbench
) -> None:
    listed = patbench("figure", "--study", str(study))
    assert listed.code == 0 and listed.out.split() == ["03-means", "Means", "by", "system."]
    kept = home / "results" / "small" / "retrieval.results.parquet"
    table = pd.read_parquet(kept)
    table.assign(value=0.5).to_parquet(kept, index=False)  # a table that somebody wrote numbers into
    spoilt = kept.read_bytes()
    done = patbench("figure", "03-means", "--study", str(study), "-o", "again.svg")
    assert done.code == 0, done.err
    assert "again.svg: the same, byte for byte, as fig-means of the executed 03_means.ipynb" in done.out
    assert (home / "again.svg").read_text().lstrip().startswith("<?xml")
    assert kept.read_bytes() == spoilt, "what is kept is left as it is"

    scores = next((home / "results" / "small" / "scores").glob("*.BM25.*.parquet"))
    pd.read_parquet(scores).assign(value=0.5).to_parquet(scores, index=False)
    other = patbench("figure", "03-means", "--study", str(study))
    assert other.code == 0 and "03-means.svg: NOT the same as fig-means" in other.out

    unknown = patbench("figure", "03-mean", "--study", str(study))
    assert unknown.code == 1 and "Did you mean '03-means'?" in unknown.err


def test_a_figure_of_a_study_that_was_not_run_is_refused(home: Path, patbench: Patbench) -> None:
    file = home / "small.yaml"
    file.write_text(yaml.safe_dump(SMALL))
    for arguments in ((), ("03-means",)):
        done = patbench("figure", *arguments, "--study", str(file))
        assert done.code == 1 and "Run the study first: make site" in done.err
