"""Which renderer runs, and what a render that fails leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site import check_site, render, stage


@pytest.fixture
def staged(sources: Path, executed: Path, tmp_path: Path) -> Path:
    return stage("demo", title="Demo", notebooks=[executed], sources=sources, out=tmp_path / "staged", banner=None)


@pytest.fixture
def old_site(tmp_path: Path) -> Path:
    """A site that is already there."""
    out = tmp_path / "_site" / "demo"
    out.mkdir(parents=True)
    (out / "index.html").write_text("old")
    return out


def put_quarto_on_path(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    program = folder / "quarto"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_quarto_renders_where_it_is_installed(
    staged: Path, old_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_quarto_on_path(tmp_path / "bin", 'mkdir _site && echo "$@" > _site/index.html', monkeypatch)
    assert render(staged, old_site) == "quarto"
    assert (old_site / "index.html").read_text() == "render .\n"
    assert [path.name for path in old_site.parent.iterdir()] == ["demo"]


def test_a_failed_render_tells_its_last_lines_and_leaves_the_old_site(
    staged: Path, old_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "mkdir _site; echo half > _site/index.html; for n in $(seq 30); do echo line $n; done; exit 3"
    put_quarto_on_path(tmp_path / "bin", script, monkeypatch)
    with pytest.raises(PatbenchError, match=r"Quarto could not render .*exit code 3") as failure:
        render(staged, old_site)
    assert failure.value.why.splitlines() == [f"line {n}" for n in range(16, 31)]
    assert (old_site / "index.html").read_text() == "old"


def test_a_render_without_an_index_leaves_the_old_site(
    staged: Path, old_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_quarto_on_path(tmp_path / "bin", "mkdir _site", monkeypatch)
    with pytest.raises(PatbenchError, match="No site came out"):
        render(staged, old_site)
    assert (old_site / "index.html").read_text() == "old"


def test_a_failed_fallback_leaves_the_old_site(
    staged: Path, old_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    config = staged / "_quarto.yml"
    config.write_text(config.read_text().replace("theme: cosmo", "theme: nowhere"))
    with pytest.raises(PatbenchError, match="smalldocs could not render") as failure:
        render(staged, old_site)
    assert "theme 'nowhere'" in failure.value.why
    assert (old_site / "index.html").read_text() == "old"


def test_the_fallback_makes_a_sound_site_that_loads_nothing(
    staged: Path, old_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert render(staged, old_site) == "smalldocs"
    assert check_site(old_site) == []
    assert render(staged, old_site) == "smalldocs"
    assert [path.name for path in old_site.parent.iterdir()] == ["demo"]


def test_the_sources_of_the_repository_render() -> None:
    import yaml

    root = Path(__file__).parents[2]
    project = yaml.safe_load((root / "_quarto.yml").read_text())
    assert project["project"]["render"] == ["index.qmd", "notebooks/[0-9]*.ipynb", "teaching/*.qmd"]
    assert project["execute"] == {"enabled": False}
    assert (root / project["bibliography"]).is_file()
    assert (root / project["format"]["html"]["css"]).is_file()
