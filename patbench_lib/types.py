"""Names for the shapes that travel between rooms."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Role = Literal["query", "document"]
"""A text is encoded as a query or as a document; models may prompt the two differently."""

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]
