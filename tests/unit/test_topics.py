"""The words of clusters."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.cluster.algorithms import NOISE
from patbench_lib.cluster.topics import WORDS, topic_words


def test_weights_by_hand() -> None:
    # Clusters of 4 and 6 words, 5 on average. Cluster 0 has device 2, lamp 1, wheel 1; cluster 1 device 4, wheel 2.
    texts = ["device lamp", "device wheel", "device device device", "device wheel wheel"]
    weight = {
        "lamp": sqrt(1 / 4) * log(1 + 5 / 1),
        "wheel": sqrt(1 / 4) * log(1 + 5 / 3),
        "device": sqrt(2 / 4) * log(1 + 5 / 6),
    }
    assert sorted(weight, key=lambda word: -weight[word]) == ["lamp", "wheel", "device"]
    other = {"wheel": sqrt(2 / 6) * log(1 + 5 / 3), "device": sqrt(4 / 6) * log(1 + 5 / 6)}
    assert other["wheel"] > other["device"]
    assert topic_words(texts, np.array([0, 0, 1, 1])) == {0: ["lamp", "wheel", "device"], 1: ["wheel", "device"]}


def test_a_word_of_one_cluster_is_weighed_by_the_mean_size_of_clusters() -> None:
    # Both clusters have 5 words. wheel: √(1/5) · ln(1 + 5/1) = 0.80; lamp: √(4/5) · ln(1 + 5/4) = 0.73
    texts = ["lamp lamp lamp lamp wheel", "door door door door door"]
    assert topic_words(texts, np.array([0, 1])) == {0: ["wheel", "lamp"], 1: ["door"]}


def test_equal_words_come_by_name_and_no_more_than_are_shown() -> None:
    letters = [letter * 3 for letter in "jihgfedcba"]
    assert topic_words([" ".join(letters)], np.array([4])) == {4: sorted(letters)[:WORDS]}


def test_stop_words_numbers_signs_and_the_language_of_claims_name_no_topic() -> None:
    texts = ["1. A method of the said lamp 10a, wherein the mm_2 at 230 V is comprising an LED."]
    assert topic_words(texts, np.array([0])) == {0: ["lamp", "led", "method"]}


def test_noise_has_no_topic_and_no_say() -> None:
    texts = ["lamp", "wheel", "wheel lamp", "lamp lamp lamp"]
    clusters = np.array([0, 1, NOISE, NOISE])
    assert topic_words(texts, clusters) == topic_words(texts[:2], clusters[:2]) == {0: ["lamp"], 1: ["wheel"]}


@pytest.mark.parametrize("text", ["", "the of and", "12 3/4 m²"])
def test_a_cluster_without_words_has_none(text: str) -> None:
    assert topic_words([text, text], np.array([0, 1])) == {0: [], 1: []}
    assert topic_words([text, "lamp"], np.array([0, 1])) == {0: [], 1: ["lamp"]}
    assert topic_words([], np.zeros(0, dtype=np.int64)) == {}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.text("lampe ", max_size=20), st.integers(-1, 2)), max_size=12), st.randoms())
def test_the_order_of_texts_does_not_matter(pairs: list[tuple[str, int]], chance: object) -> None:
    shuffled = sorted(pairs, key=lambda _: chance.random())  # type: ignore[attr-defined]
    found = [topic_words([t for t, _ in some], np.array([c for _, c in some], dtype=int)) for some in (pairs, shuffled)]
    assert found[0] == found[1]
    assert set(found[0]) == {code for _, code in pairs} - {NOISE}
