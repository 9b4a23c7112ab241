"""The little English that the texts need: articles, plurals, verb forms, lists, sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_SOUNDS_LIKE_Y = re.compile(r"(?:uni(?!n|m)|us[aeiu]|uti|ute|eu|one\b|once\b)", re.IGNORECASE)
_SPELLED_OUT = re.compile(r"[AEFHILMNORSX][A-Z]+\b")
_WORDS_IN_CAPITALS = ("MEMS", "SIM", "RAM", "LIDAR")
_IRREGULAR = {"foot": "feet", "shelf": "shelves", "leaf": "leaves", "knife": "knives", "glass": "glasses"}
_THIRD = {"be": "is", "have": "has", "do": "does", "go": "goes"}
_DOUBLING = re.compile(
    r"(?:stop|shut|let|blur|map|dim|pin|sum|top|swivel|level|signal|cancel|fit|permit|transmit|infer|snap|set|reset"
    r"|cut|flag|tap|grip|get|put|run|control|emit|tag|trim|wrap|dip|plan)"
)


def article(noun: str) -> str:
    """Return 'a' or 'an', by sound: a user, an hour, an LED, a MEMS chip."""
    first = noun.split(maxsplit=1)[0]
    if _SPELLED_OUT.match(first) and not first.startswith(_WORDS_IN_CAPITALS):
        return "an"
    if first.lower().startswith(("hour", "honest", "heir")):
        return "an"
    return "an" if first[0] in "aeiouAEIOU" and not _SOUNDS_LIKE_Y.match(first) else "a"


def with_article(noun: str) -> str:
    """Return the noun with its indefinite article."""
    return f"{article(noun)} {noun}"


def plural(noun: str) -> str:
    """Return the plural of a noun phrase that ends in its head."""
    *before, head = noun.split(" ")
    if head in _IRREGULAR:
        ending = _IRREGULAR[head]
    elif re.search(r"(thes|rthos|bas|ax)is$", head):
        ending = head[:-2] + "es"
    elif re.search(r"(s|x|z|ch|sh)$", head):
        ending = head + "es"
    elif re.search(r"[^aeiou]y$", head):
        ending = head[:-1] + "ies"
    else:
        ending = head + "s"
    return " ".join([*before, ending])


def third_person(verb: str) -> str:
    """Return 'holds' for 'hold'."""
    if verb in _THIRD:
        return _THIRD[verb]
    return plural(verb) if verb not in _IRREGULAR else verb + "s"


def gerund(verb: str) -> str:
    """Return 'holding' for 'hold'."""
    if _DOUBLING.fullmatch(verb):
        return f"{verb}{verb[-1]}ing"
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return f"{verb[:-1]}ing"
    return f"{verb}ing"


def inflect(phrase: str, form: str) -> str:
    """Put a verb phrase in base form (``""``) into the third person (``"s"``) or the gerund (``"ing"``).

    Its first word is the verb; a further verb is marked with ``~``.
    """
    changes: dict[str, Callable[[str], str]] = {"": str, "s": third_person, "ing": gerund}
    change = changes[form]
    return re.sub(r"(?:^|~)([a-z]+)", lambda match: change(match[1]), phrase)


def listing(items: Sequence[str], comma: str = ", ") -> str:
    """Return 'a, b and c', or with ``comma="; "`` 'a; b; and c' as in claims."""
    if len(items) < 2:
        return "".join(items)
    last = " and " if comma == ", " else f"{comma}and "
    return f"{comma.join(items[:-1])}{last}{items[-1]}"


def capitalised(text: str) -> str:
    """Return the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return the text as one or more sentences, each with a capital."""
    whole = text if text.endswith(".") else f"{text}."
    return re.sub(r"(^|\. |- )([a-z])", lambda m: m[1] + m[2].upper(), whole)


def title_case(text: str) -> str:
    """Return the text in the title case of US front pages."""
    small = {"a", "an", "the", "and", "of", "for", "in", "with", "by", "to", "on", "or", "at", "from"}
    words = [word if i and word in small else capitalised(word) for i, word in enumerate(text.split(" "))]
    return " ".join(words)


def repaired_articles(text: str) -> str:
    """Return the text with 'a' and 'an' matched to the words that now follow them."""
    return re.sub(r"\b([Aa])n? ([A-Za-z][\w-]*)", lambda m: f"{m[1]}{article(m[2])[1:]} {m[2]}", text)
