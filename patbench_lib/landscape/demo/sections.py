"""Title, abstract, description, and their rewriting by an expert, each in its register."""

from __future__ import annotations

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.grammar import capitalised, sentence
from patbench_lib.landscape.demo.invention import Invention
from patbench_lib.landscape.demo.telling import Telling, Turns, told, unsigned
from patbench_lib.landscape.demo.vocabulary import Concept, phrases
from patbench_lib.landscape.demo.voice import Voice


def title(invention: Invention, voice: Voice, draw: Draw) -> str:
    """Return a short noun phrase."""
    pattern = draw.pick(phrases().titles)
    return capitalised(told([pattern], Telling(invention, voice))[0])


def abstract(invention: Invention, voice: Voice, draw: Draw, member: Draw) -> str:
    """Return some 60 to 160 words. `member` varies the copy that one office published."""
    words = phrases()
    opener, closers = draw.pick(words.openers), draw.some(words.closers, draw.pick((1, 1, 2)))
    middles = draw.some(words.middles)
    inner = draw.some(middles[:3] + draw.some(words.sides, draw.between(0, 2))) + middles[3:]
    wanted, start = draw.between(62, 120), draw.between(0, 1)
    if member.chance(0.6):
        inner.pop(member.between(0, 2))
    slots = Telling(invention, voice).slots(Turns(start))
    text = [sentence(opener.format_map(slots))]
    # The closing sentences have at least eight words each.
    while inner and len(" ".join(text).split()) < wanted - 8 * len(closers):
        text.append(sentence(inner.pop(0).format_map(slots)))
    return " ".join([*text, *(sentence(closer.format_map(slots)) for closer in closers)])


def description(invention: Invention, voice: Voice, draw: Draw, member: Draw) -> str:
    """Return technical field, background, summary and embodiments: 200 to 500 words."""
    words = phrases()
    embodiments = draw.some(words.embodiments, draw.between(6, 9))
    if member.chance(0.4):
        embodiments.pop(member.between(0, len(embodiments) - 1))
    signed = draw.chance(0.6)
    headed = draw.chance(0.7)
    chapters = {
        "TECHNICAL FIELD": [draw.pick(words.fields)],
        "BACKGROUND": [draw.pick(words.backgrounds)],
        "SUMMARY": draw.some(words.summaries, draw.between(1, 2)),
        "DETAILED DESCRIPTION": [*embodiments, draw.pick(words.endings)],
    }
    paragraphs: list[str] = []
    for heading, patterns in chapters.items():
        # Reference signs belong to the drawings, hence to the last chapter only.
        signs = reference_signs(invention, " {}") if signed and heading == "DETAILED DESCRIPTION" else unsigned
        telling = Telling(invention, voice, signs)
        paragraphs += [heading] * headed + [sentence(text) for text in told(patterns, telling, len(paragraphs))]
    return "\n".join(paragraphs)


def rewritten(invention: Invention, voice: Voice, draw: Draw) -> tuple[str, str]:
    """Return title and abstract as an abstracting service words them: novelty, use, advantage."""
    words = phrases()
    heading = told([draw.pick(words.dwpi_titles)], Telling(invention, voice))[0]
    body = told([draw.pick(words.dwpi_abstracts)], Telling(invention, voice))[0]
    return capitalised(heading), sentence(body)


class _Signs:
    def __init__(self, invention: Invention, pattern: str) -> None:
        things = (*invention.own, *invention.main.parts, *invention.side.parts)
        self.signs = {thing: pattern.format(10 + 2 * i) for i, thing in enumerate(things)}

    def __call__(self, concept: Concept) -> str:
        return self.signs.get(concept, "")


def reference_signs(invention: Invention, pattern: str) -> _Signs:
    """Return the drawings' reference signs, written as in ``" {}"`` or ``" ({})"``."""
    return _Signs(invention, pattern)
