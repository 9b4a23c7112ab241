"""Look for content that breaks a reader, led by the code that it reaches.

    python tests/faults/fuzz.py READER -max_total_time=60

Needs the extra `fuzz` (Atheris). READER is one of the files that `test_fuzz_readers.py` reads: weekly.xml, table.csv,
run.trec, study.yaml and others. What breaks one is written to `crash-…` by Atheris; further options are libFuzzer's.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "faults")]

with atheris.instrument_imports(include=["patbench_lib", "csv", "json", "yaml"]):
    from test_fuzz_readers import NAMES, survives, valid


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"Name a reader: {', '.join(NAMES)}")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory(prefix="patbench-fuzz-") as folder:
        path, corpus = Path(folder) / name, Path(folder) / "corpus"
        path.parent.mkdir(parents=True, exist_ok=True)
        corpus.mkdir()
        content, read = valid(Path(folder) / "valid")[name]
        (corpus / "valid").write_bytes(content)
        atheris.Setup([*sys.argv, str(corpus)], lambda data: survives(read, path, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
