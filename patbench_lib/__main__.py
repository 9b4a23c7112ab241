"""`python -m patbench_lib` is `patbench`."""

from __future__ import annotations

from patbench_lib.cli.app import main

if __name__ == "__main__":
    main()
