"""What a change of the code makes anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from patbench_lib.bench import keys


@pytest.mark.parametrize("name", ["table.py", "cards.yaml", "static/page.js", "map.css", "map.html", "a.mplstyle"])
def test_a_change_of_anything_a_room_is_written_in_changes_its_digest(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "files", lambda package: tmp_path)
    digest = keys.code_digest.__wrapped__
    file = tmp_path / "room" / name
    file.parent.mkdir(parents=True)
    file.write_text("one")
    first = digest("room")
    (file.parent / "table.cpython-311.pyc").write_bytes(b"compiled")
    assert digest("room") == first
    file.write_text("two")
    assert digest("room") != first
