"""A process killed while it puts a rendered site in place: the next render ends with the whole site alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from patbench_lib.report.site.render import _swap


class KilledError(BaseException):
    """Stands for a kill: nothing of what is under test would run after either of them."""


def rendered(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(text)
    return folder


@pytest.mark.parametrize("renames", [0, 1])
def test_a_kill_between_two_renames_is_mended_by_the_next_render(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    out, left, rename = tmp_path / "_site" / "demo", [renames], Path.rename
    _swap(rendered(tmp_path / "first", "old"), out)

    def killed(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed)
        with pytest.raises(KilledError):
            _swap(rendered(tmp_path / "second", "new"), out)
    assert [path.name for path in out.parent.iterdir()] != ["demo"]
    _swap(rendered(tmp_path / "third", "new"), out)
    assert [path.name for path in out.parent.iterdir()] == ["demo"]
    assert (out / "index.html").read_text() == "new"
