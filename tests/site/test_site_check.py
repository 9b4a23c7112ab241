"""The check finds each thing that must not be published."""

from __future__ import annotations

from pathlib import Path

import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.report.site import Problem, check_site, require_sound

BANNER = "All of it is [made](x.html) **up**."
PAGE = """<html><head><title>@fig-in-title</title></head><body>
<nav id="quarto-sidebar"><a href="other.html">Other</a></nav>
<div class="callout-important">All of it is <a href="other.html">made</a> <b>up</b>.</div>
<main id="main"><a href="#main">top</a> <a href="other.html#there">there</a> <a href="https://a.org/@fig-x">out</a>
<p>nDCG@10 <code>@fig-x ?@fig-x {{&lt; embed &gt;}}</code></p><img src="a.png" alt="A picture">
{planted}</main></body></html>"""
OTHER = '<html><body><div class="callout-important">All of it is made up.</div><p id="there">there</p></body></html>'


def plant(folder: Path, planted: str) -> Path:
    (folder / "index.html").write_text(PAGE.replace("{planted}", planted), encoding="utf-8")
    (folder / "other.html").write_text(OTHER, encoding="utf-8")
    for name in ("a.png", "b.png"):
        (folder / name).touch()
    return folder


def test_a_sound_site_has_no_problems(tmp_path: Path) -> None:
    assert check_site(plant(tmp_path, ""), banner=BANNER) == []
    require_sound(tmp_path, banner=BANNER)


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ('<a href="gone.html">x</a>', "dead link: gone.html"),
        ('<a href="#gone">x</a>', "dead anchor: #gone"),
        ('<a href="other.html#gone">x</a>', "dead anchor: other.html#gone"),
        ('<div id="quarto-sidebar2"></div><p><strong>?@fig-x</strong></p>', "an unresolved reference: ?@fig-x"),
        ("<p>see @tbl-x.</p>", "a reference that was not linked: @tbl-x"),
        ("<p>{{&lt; embed n.ipynb#fig-x &gt;}}</p>", "a shortcode that was not filled in: {{< embed n.ipynb#fig-x >"),
        ("<p>::: {.callout-note}</p>", "a block fence that was not read: ::: {.callout-note}"),
        (
            '<span class="citation">(<strong>lost2020?</strong>)</span>',
            "a citation without an entry in the bibliography: lost2020?",
        ),
        (
            '<div class="cell-output-error"><pre>Traceback\nValueError: no</pre></div>',
            "a cell failed: ValueError: no",
        ),
        ('<span class="math inline">$\\oops$</span>', "a formula that was not written: $\\oops$"),
        ('<img src="gone.png" alt="x">', "a file that does not exist: gone.png"),
        ('<script src="gone.js"></script>', "a file that does not exist: gone.js"),
        ('<img src="b.png">', "a picture without alternative text: b.png"),
        ('<img src="b.png" alt=" ">', "a picture without alternative text: b.png"),
        ('<svg role="img"></svg>', "a drawing without a label (svg role=img)"),
        ('<script src="https://cdn.org/x.js"></script>', "loads https://cdn.org/x.js from elsewhere"),
        ('<img src="//cdn.org/x.png" alt="x">', "loads //cdn.org/x.png from elsewhere"),
        ('<link rel="stylesheet" href="https://cdn.org/x.css">', "loads https://cdn.org/x.css from elsewhere"),
        ("<style>@import url(https://cdn.org/x.css);</style>", "loads https://cdn.org/x.css from elsewhere"),
        ('<p style="background: url(//cdn.org/x.png)">x</p>', "loads //cdn.org/x.png from elsewhere"),
        ('<object data="https://cdn.org/x.svg"></object>', "loads https://cdn.org/x.svg from elsewhere"),
        ('<video poster="//cdn.org/x.png"></video>', "loads //cdn.org/x.png from elsewhere"),
        ('<svg><image href="https://cdn.org/x.png"/></svg>', "loads https://cdn.org/x.png from elsewhere"),
        ('<img alt="x" srcset="a.png 1x, https://cdn.org/x.png 2x">', "loads https://cdn.org/x.png from elsewhere"),
        ("<script>fetch('https://cdn.org/x.json')</script>", "loads https://cdn.org/x.json from elsewhere"),
        ("<script>import m from 'https://cdn.org/m.js';</script>", "loads https://cdn.org/m.js from elsewhere"),
        ('<p id="twice">a</p><p id="twice">b</p>', "the id twice is used 2 times"),
    ],
)
def test_each_problem_is_found_once(tmp_path: Path, planted: str, what: str) -> None:
    assert check_site(plant(tmp_path, planted), banner=BANNER) == [Problem("index.html", what)]


def test_a_page_of_the_sidebar_that_does_not_exist_is_named(tmp_path: Path) -> None:
    plant(tmp_path, "")
    (tmp_path / "index.html").write_text('<nav id="quarto-sidebar"><a href="03.html">3</a></nav>')
    assert check_site(tmp_path) == [Problem("index.html", "the sidebar lists a page that does not exist: 03.html")]


def test_the_notice_must_be_on_every_page(tmp_path: Path) -> None:
    plant(tmp_path, "")
    (tmp_path / "third.html").write_text("<p>All of it is made up.</p>")
    assert check_site(tmp_path, banner=None) == []
    assert check_site(tmp_path, banner=BANNER) == [
        Problem("third.html", "the notice that the landscape is synthetic is missing")
    ]


def test_style_sheets_are_checked_too(tmp_path: Path) -> None:
    plant(tmp_path, "")
    (tmp_path / "site_libs").mkdir()
    (tmp_path / "site_libs" / "x.css").write_text('@import "https://cdn.org/font.css"; p { color: red }')
    assert check_site(tmp_path) == [Problem("site_libs/x.css", "loads https://cdn.org/font.css from elsewhere")]


def test_an_empty_site_is_a_problem(tmp_path: Path) -> None:
    assert [problem.what for problem in check_site(tmp_path)] == ["there is no page"]


def test_the_build_fails_with_all_problems_listed(tmp_path: Path) -> None:
    plant(tmp_path, '<img src="b.png"><a href="gone.html">x</a>')
    with pytest.raises(PatbenchError, match="2 problem") as failure:
        require_sound(tmp_path)
    assert "- index.html: dead link: gone.html\n- index.html: a picture without" in str(failure.value)
