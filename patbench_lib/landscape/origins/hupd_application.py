"""One application of HUPD, from its JSON into a row of the schema."""

from __future__ import annotations

import json
import re
from typing import Any

from patbench_lib.landscape.codes import parse_symbol
from patbench_lib.landscape.numbers import one_spelling
from patbench_lib.landscape.origins.uspto_xml import UnreadableError

NEEDED = ("application_number", "title", "abstract", "claims", "decision")
"""Fields without which a file is no application of HUPD."""

_DATED = re.compile(r"-\d{8}$")
_COMPACT = re.compile(r"([A-HY]\d{2}[A-Z])\d+")
_NOTHING = ("", "none", "nan", "null")


def read_application(content: bytes) -> dict[str, Any]:
    """Return a file's application as a row: sections, symbols, decision (a list of one), numbers and dates.

    Raises
    ------
    UnreadableError
        Where it is no JSON, or not of this layout.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:  # a UnicodeDecodeError is a ValueError
        raise UnreadableError(f"no JSON: {error}") from error
    if not isinstance(found, dict):
        raise UnreadableError("no JSON object")
    if missing := [name for name in NEEDED if name not in found]:
        raise UnreadableError(f"no application of HUPD: it has no {' and no '.join(missing)}")
    application = _text(found["application_number"])
    published = _DATED.sub("", _text(found.get("publication_number")))
    if not application and not published:
        raise UnreadableError("neither application number nor publication number")
    parts = [_text(found.get(name)) for name in ("background", "summary")]
    return {
        "publication_number": one_spelling(published) if published else f"US application {application}",
        "title": _text(found["title"]),
        "abstract": _text(found["abstract"]),
        "claims": _text(found["claims"]),
        "description": _text(found.get("full_description")) or "\n".join(filter(None, parts)),
        "ipc": _symbols(found, "ipcr"),
        "cpc": _symbols(found, "cpc"),
        "decision": [decision] if (decision := _text(found["decision"]).upper()) else [],
        "publication_date": _text(found.get("date_published")),
        "filing_date": _text(found.get("filing_date")),
        "application_number": application,
        "patent_number": _text(found.get("patent_number")),
        "uspc": "/".join(filter(None, (_text(found.get(f"uspc_{level}")) for level in ("class", "subclass")))),
    }


def _text(value: Any) -> str:
    """Return a field as text; HUPD writes "None" where there is nothing."""
    text = str(value).strip()
    return "" if text.lower() in _NOTHING else text


def _symbols(found: dict[str, Any], system: str) -> list[str]:
    listed = found.get(f"{system}_labels")
    written = [_text(found.get(f"main_{system}_label")), *(map(_text, listed) if isinstance(listed, list) else ())]
    return list(dict.fromkeys(symbol(one) for one in written if one))


def symbol(written: str) -> str:
    """Return a symbol, cut to the subclass where HUPD runs group and subgroup together.

    A61M51723 may be A61M 5/1723 or A61M 51/723: where the group ends is not told.
    """
    found = _COMPACT.fullmatch(written.upper())
    return found[1] if found else parse_symbol(written) or written
