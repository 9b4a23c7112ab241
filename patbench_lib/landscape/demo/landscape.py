"""The synthetic landscape as one frame."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from patbench_lib.landscape.demo.citing import citations
from patbench_lib.landscape.demo.claims import Form, claims
from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.effects import Effects
from patbench_lib.landscape.demo.families import Member, families
from patbench_lib.landscape.demo.grammar import title_case
from patbench_lib.landscape.demo.invention import Invention, invent
from patbench_lib.landscape.demo.labelling import Filing, filing
from patbench_lib.landscape.demo.noise import translated
from patbench_lib.landscape.demo.sections import abstract, description, rewritten, title
from patbench_lib.landscape.demo.vocabulary import Kind, Vocabulary, vocabulary
from patbench_lib.landscape.demo.voice import Voices, voices

_FORMS: dict[str, Form] = {"US": "us", "EP": "european", "DE": "european"}
_TRANSLATED = frozenset({"CN", "JP", "KR"})


def generate(kind: Kind, *, publications: int, seed: int, effects: Effects) -> pd.DataFrame:
    """Return a synthetic landscape: no text, number, citation or label in it is that of a real patent.

    Parameters
    ----------
    kind : "assistive", or "external" for fields that have nothing to do with it.
    publications : how many publications, exactly.
    seed : equal arguments give an equal frame.
    effects : what is planted, and how strongly.

    Returns
    -------
    One row a publication, earliest first; `cited` holds numbers without kind code, as real data do. Label columns are
    `at_domain`, `at_product` (assistive) or `field`, `product` (external), and `enabling_technology`.
    """
    words = vocabulary(kind)
    members = families(publications, Draw(seed, kind, "families"))
    count = 1 + max((member.family for member in members), default=-1)
    inventions = [invent(words, Draw(seed, kind, "invention", family)) for family in range(count)]
    told_by = [
        voices(words, invention, effects, Draw(seed, kind, "voice", family))
        for family, invention in enumerate(inventions)
    ]
    cited = citations(members, inventions, effects, Draw(seed, kind, "citations"))
    rows = []
    for i, member in enumerate(members):
        invention = inventions[member.family]
        author = _Author(seed, kind, i, effects)
        ghost = invent(words, author.draw("ghost"))
        filed = filing(words, invention, ghost, effects, author.draw("filing"))
        row = {**_bibliography(member, kind), **author.texts(member, invention, told_by[member.family])}
        row |= {"cited": [stem for stem, _ in cited[i]], "citation_category": [mark for _, mark in cited[i]]}
        rows.append(row | _filed(filed, words))
    return _frame(rows, words)


@dataclass(frozen=True)
class _Author:
    """Writes the texts of one publication; family streams make its siblings near-duplicates."""

    seed: int
    kind: Kind
    row: int
    effects: Effects

    def draw(self, purpose: str) -> Draw:
        return Draw(self.seed, self.kind, purpose, "row", self.row)

    def texts(self, member: Member, invention: Invention, spoken: Voices) -> dict[str, str]:
        def shared(purpose: str) -> Draw:
            return Draw(self.seed, self.kind, purpose, member.family)

        plain, own = spoken.plain, self.draw
        form = _FORMS.get(member.office, "pct")
        texts = {
            "title": title(invention, plain, shared("title")),
            "abstract": abstract(invention, plain, shared("abstract"), own("abstract")),
            "claims": claims(invention, spoken.legal, form, shared("claims"), own("claims")),
            "description": description(invention, plain, shared("description"), own("description")),
        }
        if member.office in _TRANSLATED:
            strength = self.effects.translation_noise
            # A stream for each text: a change to the claims must not disturb the description.
            texts = {name: translated(text, strength, own(f"noise {name}")) for name, text in texts.items()}
        elif member.office == "US":
            texts["title"] = title_case(texts["title"])
        heading, digest = texts["title"], texts["abstract"]
        if shared("is rewritten").chance(self.effects.expert_rewriting):
            heading, digest = rewritten(invention, spoken.canonical, shared("rewriting"))
        return texts | {"dwpi_title": heading, "dwpi_abstract": digest}


def _bibliography(member: Member, kind: Kind) -> dict[str, object]:
    return {
        "publication_number": f"{member.stem}-{member.kind}",
        "office": member.office,
        "publication_date": pd.Timestamp(member.published),
        "family_id": f"{kind}-{member.family:05d}",
    }


def _filed(filed: Filing, words: Vocabulary) -> dict[str, list[str]]:
    labels = {words.label_columns["domain"]: filed.domains, words.label_columns["product"]: filed.products}
    return {"ipc": filed.ipc, "cpc": filed.cpc, **labels, "enabling_technology": filed.technologies}


def _frame(rows: list[dict[str, object]], words: Vocabulary) -> pd.DataFrame:
    columns = ["publication_number", "title", "abstract", "claims", "description", "ipc", "cpc", "office"]
    columns += ["publication_date", "family_id", "cited", "citation_category", "dwpi_title", "dwpi_abstract"]
    columns += [*words.label_columns.values(), "enabling_technology"]
    return pd.DataFrame(rows, columns=columns).astype({"publication_date": "datetime64[ns]"})
