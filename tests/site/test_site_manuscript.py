"""The first page as an article: a Word document and JATS, with its figures, without the rest of the site."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site.manuscript import FORMATS, PROFILE, write_manuscript

ROOT = Path(__file__).parents[2]
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture
def written(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the article of the small site with pandoc, over one that was there."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    out = tmp_path / "manuscript"
    (out / "figures").mkdir(parents=True)
    (out / "figures" / "figure-99.png").write_bytes(b"old")
    renderer, files = write_manuscript(site.parent / "staged", site, out)
    assert renderer == "pandoc" and files == [out / name for name in FORMATS.values()]
    return out


def test_a_word_document_has_text_and_figures_and_nothing_of_the_site_around(written: Path) -> None:
    with zipfile.ZipFile(written / FORMATS["docx"]) as document:
        words = ElementTree.fromstring(document.read("word/document.xml")).iter(f"{WORD}t")
        text = "".join(word.text or "" for word in words)
        media = [name for name in document.namelist() if name.startswith("word/media/")]
    assert "Demo" in text and "Everything is made up" in text
    assert "nDCG" in text and "On this page" not in text and "function" not in text
    assert text.count("Table 1: ") == 1, "a caption goes with its table"
    assert len(media) == len(list((written / "figures").iterdir())) > 0


def test_jats_is_xml_with_title_and_the_figures_beside_it(written: Path) -> None:
    article = ElementTree.parse(written / FORMATS["jats"]).getroot()
    assert article.findtext(".//article-title") == "Demo"
    pictures = [graphic.get("{http://www.w3.org/1999/xlink}href") for graphic in article.iter("graphic")]
    pictures += [graphic.get("{http://www.w3.org/1999/xlink}href") for graphic in article.iter("inline-graphic")]
    assert pictures and all((written / str(picture)).read_bytes().startswith(b"\x89PNG") for picture in pictures)
    assert not (written / "figures" / "figure-99.png").exists()


def test_a_table_is_no_table_within_a_table(written: Path) -> None:
    with zipfile.ZipFile(written / FORMATS["docx"]) as document:
        body = ElementTree.fromstring(document.read("word/document.xml"))
    tables = list(body.iter(f"{WORD}tbl"))
    assert tables and all(table.find(f".//{WORD}tc//{WORD}tbl") is None for table in tables)


def test_without_a_site_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match="no site") as failure:
        write_manuscript(tmp_path / "staged", tmp_path / "site", tmp_path / "out")
    assert "make site" in failure.value.todo


def test_quarto_renders_the_profile_where_it_is_installed(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged, program = tmp_path / "staged", tmp_path / "bin" / "quarto"
    staged.mkdir()
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nmkdir _manuscript && echo "$@" > _manuscript/index.docx && touch _manuscript/a.css\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/bin:/usr/bin")
    assert write_manuscript(staged, site, tmp_path / "out") == ("quarto", [tmp_path / "out" / "index.docx"])
    assert (tmp_path / "out" / "index.docx").read_text() == f"render . --profile {PROFILE}\n"


def test_the_profile_is_an_article_of_the_first_page() -> None:
    profile = yaml.safe_load((ROOT / f"_quarto-{PROFILE}.yml").read_text(encoding="utf-8"))
    assert profile["project"]["type"] == "manuscript" and profile["manuscript"]["article"] == "index.qmd"
    assert set(profile["format"]) == set(FORMATS)
