"""The synthetic landscape: repeatable, well formed, and planting what it says it plants and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from patbench_lib.landscape.demo import Effects, generate
from patbench_lib.landscape.demo.citing import citations
from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.families import families
from patbench_lib.landscape.demo.grammar import gerund, inflect, listing, plural, third_person, with_article
from patbench_lib.landscape.demo.invention import invent
from patbench_lib.landscape.demo.noise import translated
from patbench_lib.landscape.demo.vocabulary import Kind, vocabulary

KINDS: tuple[Kind, ...] = ("assistive", "external")
TEXTS = ("title", "abstract", "claims", "description", "dwpi_title", "dwpi_abstract")
TRANSLATED = ("CN", "JP", "KR")
COLUMNS = {
    *("publication_number", "title", "abstract", "claims", "description", "ipc", "cpc", "office", "publication_date"),
    *("family_id", "cited", "citation_category", "dwpi_title", "dwpi_abstract", "enabling_technology"),
}


@cache
def landscape(kind: Kind = "assistive", effects: Effects | None = None, size: int = 80, seed: int = 3) -> pd.DataFrame:
    return generate(kind, publications=size, seed=seed, effects=effects or Effects.default())


def stems(frame: pd.DataFrame) -> pd.Series:
    return frame["publication_number"].str.rsplit("-", n=1).str[0]


def inside(frame: pd.DataFrame) -> Iterator[tuple[int, int]]:
    """Yield citing and cited row of each citation that stays in the set."""
    row = {stem: i for i, stem in enumerate(stems(frame))}
    for i, cited in enumerate(frame["cited"]):
        yield from ((i, row[stem]) for stem in cited if stem in row)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_arguments_give_equal_frames(kind: Kind) -> None:
    again = generate(kind, publications=80, seed=3, effects=Effects.default())
    pd.testing.assert_frame_equal(landscape(kind), again)
    other = generate(kind, publications=80, seed=4, effects=Effects.default())
    assert not set(other["abstract"]) & set(again["abstract"])


def test_a_seed_means_the_same_on_every_machine() -> None:
    stream = Draw(7, "assistive", "title", 0)
    assert [stream.between(0, 99) for _ in range(4)] == [62, 44, 64, 83]


@pytest.mark.parametrize("kind", KINDS)
def test_schema(kind: Kind) -> None:
    frame = landscape(kind)
    labels = {"assistive": {"at_domain", "at_product"}, "external": {"field", "product"}}[kind]
    assert set(frame.columns) == COLUMNS | labels
    assert pd.api.types.is_datetime64_any_dtype(frame["publication_date"])
    assert frame["publication_date"].dt.year.between(1998, 2020).all()
    for column in ("ipc", "cpc", "cited", "citation_category", "enabling_technology", *labels):
        assert frame[column].map(lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value)).all()
        if column not in ("cited", "citation_category"):
            assert frame[column].map(len).min() > 0
            assert frame[column].map(lambda value: len(set(value)) == len(value)).all()
    for column in (*TEXTS, "publication_number", "office", "family_id"):
        assert frame[column].map(lambda value: isinstance(value, str) and value.strip() == value and value != "").all()
    for symbol in frame["ipc"].explode():
        assert re.fullmatch(r"[A-H]\d\d[A-Z] \d+/\d+", symbol)


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_families_and_dates(kind: Kind) -> None:
    frame = landscape(kind)
    assert stems(frame).is_unique
    assert frame["publication_number"].str.fullmatch(r"(US|EP|WO|CN|JP|KR|DE)-\d{6,12}-[AB]\d?").all()
    assert (frame["publication_number"].str[:2] == frame["office"]).all()
    families = frame.groupby("family_id")
    assert families.size().between(1, 4).all()
    assert (families["office"].nunique() == families.size()).all()
    spread = families["publication_date"].max() - families["publication_date"].min()
    assert spread.max() <= pd.Timedelta(days=913)


@settings(max_examples=8, deadline=None)
@given(size=st.integers(0, 40), seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS))
def test_any_size_and_seed(size: int, seed: int, kind: Kind) -> None:
    frame = generate(kind, publications=size, seed=seed, effects=Effects.default())
    assert len(frame) == size
    assert stems(frame).is_unique
    for citing, cited in inside(frame):
        assert frame["publication_date"][cited] < frame["publication_date"][citing]
        assert frame["family_id"][cited] != frame["family_id"][citing]


def test_citations_go_back_in_time_and_mostly_leave_the_set() -> None:
    frame = landscape(size=600)
    pairs = list(inside(frame))
    assert all(frame["publication_date"][b] < frame["publication_date"][a] for a, b in pairs)
    assert all(frame["family_id"][a] != frame["family_id"][b] for a, b in pairs)
    assert 0.25 < len(pairs) / frame["cited"].map(len).sum() < 0.45
    assert (frame["cited"].map(len) == frame["citation_category"].map(len)).all()
    assert set(frame["citation_category"].explode()) == {"X", "Y", "A"}
    assert frame["cited"].map(lambda cited: len(set(cited)) == len(cited)).all()


def test_both_strata_have_enough_queries() -> None:
    frame = landscape(size=600)
    classes = [{symbol[:3] for symbol in symbols} for symbols in frame["ipc"]]
    near = {a for a, b in inside(frame) if classes[a] & classes[b]}
    far = {a for a, b in inside(frame) if not classes[a] & classes[b]}
    assert len(near | far) >= 150
    assert len(near) >= 60
    assert len(far) >= 60


CHANGES = {
    "domain_vocabulary_gap": {"title", "abstract", "claims", "description", "dwpi_title", "dwpi_abstract"},
    "abstract_claims_gap": {"claims"},
    "translation_noise": {"title", "abstract", "claims", "description", "dwpi_title", "dwpi_abstract"},
    "expert_rewriting": {"dwpi_title", "dwpi_abstract"},
    "citations_follow_text": {"cited", "citation_category"},
    "labels_follow_text": {"ipc", "cpc", "at_domain", "at_product", "enabling_technology"},
}


@pytest.mark.parametrize("effect", CHANGES)
def test_an_effect_changes_what_it_says_and_nothing_else(effect: str) -> None:
    on = landscape(effects=Effects.default().model_copy(update={effect: 1.0}))
    off = landscape(effects=Effects.default().model_copy(update={effect: 0.0}))
    changed = {column for column in on.columns if not on[column].equals(off[column])}
    assert changed == CHANGES[effect]


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))


def overlap(a: str, b: str) -> float:
    return len(words(a) & words(b)) / len(words(a) | words(b))


def planted(effect: str, strength: float) -> pd.DataFrame:
    others = dict.fromkeys(Effects.model_fields, 0.0) | {"citations_follow_text": 1.0, "labels_follow_text": 1.0}
    return landscape(effects=Effects(**(others | {effect: strength})))


def test_domains_name_the_same_thing_differently() -> None:
    off, on = planted("domain_vocabulary_gap", 0.0), planted("domain_vocabulary_gap", 1.0)
    domain = [value[0] for value in off["at_domain"]]
    pairs = [(a, b) for a, b in inside(off) if domain[a] != domain[b]]
    shared = [np.mean([overlap(f["abstract"][a], f["abstract"][b]) for a, b in pairs]) for f in (on, off)]
    assert shared[0] < shared[1]


def test_claims_speak_legally() -> None:
    shared = [
        np.mean([overlap(a, c) for a, c in zip(f["abstract"], f["claims"], strict=True)])
        for f in (planted("abstract_claims_gap", 1.0), planted("abstract_claims_gap", 0.0))
    ]
    assert shared[0] < shared[1]


def test_only_translated_offices_are_noisy() -> None:
    off, on = planted("translation_noise", 0.0), planted("translation_noise", 1.0)
    noisy = on["abstract"] != off["abstract"]
    assert (noisy == off["office"].isin(TRANSLATED)).all()
    assert on["claims"][noisy].str.split().str.len().sum() < off["claims"][noisy].str.split().str.len().sum()


def test_rewriting_undoes_the_vocabulary_gap_and_the_noise() -> None:
    clean = Effects(**(dict.fromkeys(Effects.model_fields, 0.0) | {"expert_rewriting": 1.0}))
    spoilt = clean.model_copy(update=dict.fromkeys(["domain_vocabulary_gap", "translation_noise"], 1.0))
    assert landscape(effects=clean)["dwpi_abstract"].equals(landscape(effects=spoilt)["dwpi_abstract"])
    plain = planted("expert_rewriting", 0.0)
    assert plain["dwpi_abstract"].equals(plain["abstract"])


def shared_products(effects: Effects, seed: int) -> tuple[float, float]:
    """Return how often a citation inside the set shares the product, and how often it would by chance."""
    members = families(500, Draw(seed, "families"))
    count = 1 + max(member.family for member in members)
    made = [invent(vocabulary("assistive"), Draw(seed, "invention", n)) for n in range(count)]
    cited = citations(members, made, effects, Draw(seed, "citations"))
    row = {member.stem: i for i, member in enumerate(members)}
    product = np.array([made[member.family].product.label for member in members])
    days = np.array([member.published.toordinal() for member in members])
    family = np.array([member.family for member in members])
    observed, expected = [], []
    for i, items in enumerate(cited):
        targets = [row[stem] for stem, _ in items if stem in row]
        allowed = (days < days[i]) & (family != family[i])
        observed += [product[target] == product[i] for target in targets]
        expected += [np.mean(product[allowed] == product[i]) for _ in targets]
    return float(np.mean(observed)), float(np.mean(expected))


def test_the_null_landscape_cites_at_chance_and_the_default_does_not() -> None:
    null = [shared_products(Effects.none(), seed) for seed in (1, 2, 3, 4)]
    observed, expected = np.mean(null, axis=0)
    # About 5,500 citations of which one in 23 shares a product: the standard error is 0.003.
    assert abs(observed - expected) < 0.01
    observed, expected = shared_products(Effects.default(), 1)
    assert observed > 3 * expected


def test_the_null_landscape_labels_each_publication_anew() -> None:
    frame = landscape(effects=Effects.none(), size=200)
    words = vocabulary("assistive")
    number = frame["family_id"].str.rsplit("-").str[-1].astype(int)
    made = [invent(words, Draw(3, "assistive", "invention", n)).product for n in number]
    first = frame["at_product"].str[0]
    assert np.mean([label == product.label for label, product in zip(first, made, strict=True)]) < 0.09
    assert np.mean([ipc[0] == product.ipc[0] for ipc, product in zip(frame["ipc"], made, strict=True)]) < 0.09
    siblings = first.groupby(frame["family_id"]).agg(["nunique", "size"])
    assert (siblings["nunique"] == 1)[siblings["size"] > 1].mean() < 0.15
    followed = landscape(effects=Effects(labels_follow_text=1.0), size=200)
    assert [labels[0] for labels in followed["at_product"]] == [product.label for product in made]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", TEXTS)
def test_text_is_clean(kind: Kind, column: str) -> None:
    frame = landscape(kind)
    for text, office in zip(frame[column], frame["office"], strict=True):
        assert not re.search(r"  |[{}|~<>]| [,.;:]|,,|\.\.|;;|, \.|\bNone\b", text), text
        # Words out of order may meet their like in a machine translation.
        assert office in TRANSLATED or not re.search(r"\b(\w+) \1\b", text), text
        assert text.count("(") == text.count(")")
        assert text[0].isupper() or text[0].isdigit()
        assert column.endswith("title") or text[-1] == "."


@pytest.mark.parametrize("kind", KINDS)
def test_articles_agree(kind: Kind) -> None:
    for text in landscape(kind)[list(TEXTS)].to_numpy().ravel():
        assert not re.search(
            r"\b[Aa] (?!use|usa|usu|uni|uti|ute|one|eu)[aeiou]|\b[Aa]n (?!hour)[b-df-hj-np-tv-z]", text
        ), text


@pytest.mark.parametrize("kind", KINDS)
def test_lengths(kind: Kind) -> None:
    frame = landscape(kind)
    assert frame["abstract"].str.split().str.len().between(50, 160).all()
    assert frame["title"].str.split().str.len().between(2, 20).all()
    assert frame["description"].str.split().str.len().between(180, 500).all()


@pytest.mark.parametrize("kind", KINDS)
def test_claims_are_numbered_and_refer_back(kind: Kind) -> None:
    for text in landscape(kind)["claims"]:
        lines = text.split("\n")
        assert [int(line.split(".")[0]) for line in lines] == list(range(1, len(lines) + 1))
        dependents = 0
        for number, line in enumerate(lines, start=1):
            referred = [int(n) for n in re.findall(r"claims? (\d+)", line)]
            referred += [int(n) for n in re.findall(r"claims? \d+ (?:to|or) (\d+)", line)]
            assert all(n < number for n in referred), line
            dependents += bool(referred)
        assert "claim" not in lines[0]
        assert 4 <= dependents <= 12


def test_claims_introduce_before_they_refer() -> None:
    """In US claims, 'the buckle' stands only where the claim or one that it depends on has 'a buckle'."""
    names = {n for m in vocabulary("assistive").mechanisms for part in m.parts for n in (*part.names, part.legal)}
    frame = landscape(size=600)
    for text in frame["claims"][frame["office"] == "US"]:
        chains: list[str] = []
        for line in text.split("\n"):
            parent = re.search(r"of claim (\d+)", line)
            chain = (chains[int(parent[1]) - 1] if parent else "") + " " + line
            chains.append(chain)
            for name in names:
                at = chain.find(f" the {name}")
                if at >= 0 and re.match(r"[ ,;.]", chain[at + len(name) + 5 :]):
                    assert re.search(rf"\b[Aa]n? {name}", chain[:at]), (name, chain)


def test_offices_draft_differently() -> None:
    frame = landscape()
    european = frame["claims"][frame["office"].isin(["EP", "DE"])]
    assert european.str.contains("characterised in that").all()
    assert frame["claims"][frame["office"] == "US"].str.contains("of claim").all()


def test_inventions_do_not_read_alike() -> None:
    frame = landscape(size=600).drop_duplicates("family_id")
    assert frame["abstract"].is_unique
    assert frame["title"].nunique() > 0.97 * len(frame)
    openings = frame["abstract"].str.split().str[:3].str.join(" ")
    assert openings.value_counts(normalize=True).max() < 0.15


@pytest.mark.parametrize("kind", KINDS)
def test_vocabulary_is_complete(kind: Kind) -> None:
    table = vocabulary(kind)
    assert {product.domain for product in table.products} == {domain.name for domain in table.domains}
    for product in table.products:
        assert len(product.parts) == 6
        assert len(product.tasks) == 4
        assert all(part.legal for part in (*product.parts, product.nouns))
        assert set(product.also) <= {domain.name for domain in table.domains}
    for mechanism in table.mechanisms:
        assert len(mechanism.parts) == 4
        assert len(mechanism.names.names) == len(mechanism.style.names) == 3
        assert len(mechanism.acts) >= 3
        assert len(mechanism.benefits) == 3
        assert len(mechanism.figures) == 2
        assert all(part.legal and len(part.names) == 3 for part in mechanism.parts)


def test_grammar() -> None:
    nouns = ["user", "hour meter", "LED", "air pump", "uniform web", "utensil", "unaided eye", "utterance list"]
    given = [with_article(noun).split()[0] for noun in nouns]
    assert given == ["a", "an", "an", "an", "a", "a", "an", "an"]
    assert [plural(n) for n in ("prosthesis", "battery", "relay", "push switch", "glass lens")] == [
        *("prostheses", "batteries", "relays", "push switches", "glass lenses")
    ]
    assert [gerund(v) for v in ("stop", "store", "free", "lie", "be", "carry")] == [
        *("stopping", "storing", "freeing", "lying", "being", "carrying")
    ]
    assert [third_person(v) for v in ("pass", "carry", "be", "pay", "do")] == [
        "passes",
        "carries",
        "is",
        "pays",
        "does",
    ]
    assert inflect("keep images local and so ~protect privacy", "s") == "keeps images local and so protects privacy"
    assert inflect("keep images local and so ~protect privacy", "") == "keep images local and so protect privacy"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(["a", "b", "c"], "; ") == "a; b; and c"


@given(strength=st.floats(0, 1), seed=st.integers(0, 1000))
def test_noise_keeps_lines_and_references(strength: float, seed: int) -> None:
    text = "1. A sensor unit, comprising: a motor; and a spring.\n2. The unit of claim 1, wherein the motor is mounted."
    noisy = translated(text, strength, Draw(seed, "noise")).split("\n")
    assert [line[:3] for line in noisy] == ["1. ", "2. "]
    assert " of claim 1, " in noisy[1]
    assert translated(text, 0.0, Draw(seed, "noise")) == text


def test_effects_are_closed_and_bounded() -> None:
    assert set(Effects.none().model_dump().values()) == {0.0}
    with pytest.raises(ValidationError):
        Effects(domain_vocabulary_gap=1.5)
    with pytest.raises(ValidationError):
        Effects.model_validate({"vocabulary_gap": 0.5})
    assert all(field.description for field in Effects.model_fields.values())
