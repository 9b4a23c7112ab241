from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.errors import PatbenchError
from patbench_lib.landscape.origins.archives import open_members
from patbench_lib.landscape.origins.uspto_documents import HEAD, Document, cut_documents

ONE, TWO = b'<?xml version="1.0"?><a>eins</a>\n', b"<?xml version='1.0'?><b/>"


def chunks(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


@given(size=st.integers(1, 70), lead=st.sampled_from([b"", b"\n ", b"\xef\xbb\xbf"]))
@settings(deadline=None, max_examples=60)
def test_a_stream_is_cut_at_every_header_wherever_its_chunks_end(size: int, lead: bytes) -> None:
    found = list(cut_documents(chunks(lead + ONE + TWO + ONE, size)))
    assert found == [Document(1, ONE), Document(2, TWO), Document(3, ONE)]


def test_what_stands_before_the_first_header_is_a_document_too() -> None:
    assert [d.content for d in cut_documents([b"<a/>", ONE])] == [b"<a/>", ONE]
    styled = b"<?xml-stylesheet href='x'?><a/>"
    assert [d.content for d in cut_documents([styled])] == [styled]
    assert list(cut_documents([])) == []


@pytest.mark.parametrize("size", [1000, 7000, 100_000])
def test_a_document_above_the_limit_is_yielded_by_its_head_alone(size: int) -> None:
    long = b"<?xml version='1.0'?><a>" + b"x" * 60_000 + b"</a>"
    found = list(cut_documents(chunks(ONE + long + TWO + long, size), limit=5000))
    assert [d for d in found if d.whole] == [Document(1, ONE), Document(3, TWO)]
    assert [d for d in found if not d.whole] == [Document(2, long[:HEAD], False), Document(4, long[:HEAD], False)]


def zipped(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def read_all(path: Path) -> dict[str, bytes]:
    return {member.name: b"".join(member.chunks()) for member in open_members(path, (".xml",), todo="Give others.")}


def test_xml_alone_and_the_xml_members_of_a_zip_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(ONE)
    assert read_all(tmp_path / "a.xml") == {"a.xml": ONE}
    path = zipped(tmp_path / "w.zip", ("a.xml", ONE), ("list.txt", b"x"), ("in/B.XML", TWO))
    assert read_all(path) == {"w.zip/a.xml": ONE, "w.zip/in/B.XML": TWO}


@pytest.mark.parametrize("name", ["../a.xml", "in/../../a.xml", "/etc/a.xml", "C:/a.xml", "..\\a.xml"])
def test_a_zip_whose_names_lead_out_of_it_is_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "w.zip", ("good.xml", ONE), (name, ONE))
    with pytest.raises(PatbenchError, match="leads out of the folder"):
        read_all(path)


def test_files_that_are_none_of_the_office_are_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "w.zip", ("a.xml", bytes(range(256)) * 4000)).read_bytes()
    (tmp_path / "short.zip").write_bytes(whole[: len(whole) // 2])
    middle = len(whole) // 2
    (tmp_path / "bad.zip").write_bytes(whole[:middle] + bytes(40) + whole[middle + 40 :])
    for name in ("short.zip", "bad.zip"):
        with pytest.raises(PatbenchError, match="not a whole zip file"):
            read_all(tmp_path / name)
    with pytest.raises(PatbenchError, match=r"holds no \.xml file"):
        read_all(zipped(tmp_path / "n.zip", ("list.txt", b"x")))
    with pytest.raises(PatbenchError, match="No file at"):
        read_all(tmp_path / "gone.zip")
    (tmp_path / "a.rar").write_bytes(b"x")
    with pytest.raises(PatbenchError, match="ending that is not read"):
        read_all(tmp_path / "a.rar")
