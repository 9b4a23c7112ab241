"""Machine translation as it reads in older patent databases."""

from __future__ import annotations

import re
from types import MappingProxyType

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.grammar import capitalised, repaired_articles

SLIPS = MappingProxyType(
    {
        "sensor": "inductor",
        "motor": "electric machinery",
        "spring": "elastic part",
        "wheel": "roller",
        "bracket": "support frame",
        "controller": "control part",
        "housing": "casing body",
        "battery": "accumulator",
        "handle": "handrail",
        "buckle": "detain piece",
        "user": "use person",
        "wearer": "wear person",
        "cushion": "soft mat",
        "screen": "display curtain",
        "configured": "constituted",
        "comprising": "including",
        "comprises": "possesses",
        "mounted": "set up",
        "arranged": "disposed",
        "connected": "linked",
        "provided": "equipped",
        "device": "equipment",
        "apparatus": "device",
        "embodiment": "example of implementation",
        "known": "well known",
        "force": "strength",
        "pressure": "press force",
        "noise": "murmur",
        "walker": "foot walking car",
        "wheelchair": "wheel chair",
        "hearing": "audition",
        "processor": "treater",
        "signal": "semaphore",
        "spoon": "scoop",
        "seat": "sitting part",
        "lamp": "lantern",
        "door": "gate",
        "valve": "cock",
        "coil": "winding",
        "cable": "rope line",
        "detect": "detection of",
        "method": "process",
        "camera": "photographing part",
        "electrode": "polar plate",
        "display": "indicator",
        "learned": "studied",
        "unit": "part",
        "member": "material",
    }
)
"""Words that a translation engine of the time gets slightly wrong."""


def translated(text: str, strength: float, draw: Draw) -> str:
    """Return the text as a machine translation: articles lost, words slipped, neighbours swapped.

    At strength 0 the text is returned as it is. Lines, claim numbers and punctuation stay.
    """
    if strength == 0.0:
        return text
    return "\n".join(_line(line, strength, draw) for line in text.split("\n"))


def _line(line: str, strength: float, draw: Draw) -> str:
    number, body = re.fullmatch(r"(\d+\. )?(.*)", line).groups(default="")  # type: ignore[union-attr]
    words: list[str] = []
    for word in body.split(" "):
        bare = word.strip(",;:.")
        if bare.lower() in ("a", "an", "the") and draw.chance(0.5 * strength):
            continue
        if bare in SLIPS and draw.chance(0.6 * strength):
            word = word.replace(bare, SLIPS[bare])
        if words and draw.chance(0.08 * strength) and _swappable(word) and _swappable(words[-1]):
            words.insert(-1, word)
        else:
            words.append(word)
    text = repaired_articles(" ".join(words))
    return number + re.sub(r"(?:^|(?<=\. ))[a-z]", lambda match: capitalised(match[0]), text)


def _swappable(word: str) -> bool:
    """Plain words only: never a number, a claim reference, or anything next to punctuation."""
    return word.isalpha() and word.islower() and len(word) > 3 and not word.startswith("claim")
