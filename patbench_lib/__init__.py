"""PatBench: which embedding models, text sections and signals work for patents."""

from __future__ import annotations

__version__ = "0.1.0"
