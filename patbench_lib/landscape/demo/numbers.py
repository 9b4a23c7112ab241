"""Publication numbers that look like those of the office and the year. None is meant to be a real one."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from patbench_lib.landscape.demo.draw import Draw

OFFICES = MappingProxyType({"US": 0.33, "EP": 0.18, "WO": 0.17, "CN": 0.14, "JP": 0.08, "KR": 0.05, "DE": 0.05})
"""Offices and how often a family is published there."""


def publication_number(office: str, published: date, draw: Draw) -> tuple[str, str]:
    """Return office and number, as citations give it, and the kind code."""
    year = published.year
    serial = draw.between(0, 999_999)
    age = (published - date(1998, 1, 1)).days / 8400
    match office:
        case "US" if year > 2000 and draw.chance(0.35):
            return f"US-{year}{serial % 400_000:07d}", "A1"
        case "US":
            return f"US-{5_710_000 + int(age * 5_100_000) + serial % 9_000}", draw.pick(("B1", "B2", "B2"))
        case "EP":
            return f"EP-{820_000 + int(age * 2_900_000) + serial % 9_000:07d}", draw.pick(("A1", "A1", "B1"))
        case "WO":
            return f"WO-{year}{serial % 220_000:06d}", "A1"
        case "CN" if year < 2007:
            return f"CN-1{serial:06d}", "A"
        case "CN":
            return f"CN-{101 + (year - 2007)}{serial:06d}", draw.pick(("A", "B"))
        case "JP":
            return f"JP-{year}{serial % 550_000:06d}", "A"
        case "KR":
            return f"KR-10{100_000 + int(age * 2_050_000) + serial % 9_000:07d}", "B1"
        case "DE" if year < 2004:
            return f"DE-1{year % 100:02d}{serial % 60_000:05d}", "A1"
        case "DE":
            return f"DE-10{year}{serial % 70_000:06d}", "A1"
    raise ValueError(f"no numbers for office {office!r}")
