"""Figures for print: what is drawn as lines, as a picture of so many dots an inch."""

from __future__ import annotations

import io

from patbench_lib.errors import PatbenchError

PRINT = 300
"""Dots an inch that printers of papers ask for."""


def bitmap(svg: str, dpi: int = PRINT) -> bytes:
    """Return a figure as PNG on white, its resolution written into the file.

    Parameters
    ----------
    svg : a drawing whose size is told in points, as matplotlib does.

    Raises
    ------
    PatbenchError
        Where it cannot be drawn.
    """
    from PIL import Image
    from resvg_py import svg_to_bytes

    try:
        drawn = svg_to_bytes(svg_string=svg, dpi=dpi, background="white")
    except ValueError as error:
        raise PatbenchError("A figure could not be drawn for print.", why=str(error)) from error
    content = io.BytesIO()
    Image.open(io.BytesIO(drawn)).convert("RGB").save(content, "PNG", dpi=(dpi, dpi), optimize=True)
    return content.getvalue()
