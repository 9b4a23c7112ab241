"""Vectors as they are, of length 1, and whitened."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.cluster.transform import transformed
from patbench_lib.types import Floats


def drawn(n: int, d: int, seed: int = 0) -> Floats:
    """Draw correlated vectors away from the origin."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 5).astype(np.float32)


def test_raw_is_what_came_in() -> None:
    vectors = drawn(5, 3)
    assert transformed(vectors, "raw", dims=2, seed=0) is vectors


def test_normalised_by_hand() -> None:
    vectors = np.array([[3.0, 4.0], [0.0, 0.0], [0.0, -2.0]], dtype=np.float32)
    unit = transformed(vectors, "normalised", dims=2, seed=0)
    np.testing.assert_allclose(unit, [[0.6, 0.8], [0, 0], [0, -1]], rtol=1e-6)
    assert vectors[0, 0] == 3, "what came in is left alone"


def test_whitened_by_hand() -> None:
    # deviations along the axes are 4·sqrt(2/3) and sqrt(2/3) over 4 points with n - 1: the corners become ±sqrt(3)/2
    corners = np.array([[4, 1], [4, -1], [-4, 1], [-4, -1]], dtype=np.float32) + 7
    white = transformed(corners, "whitened", dims=2, seed=0)
    np.testing.assert_allclose(np.abs(white), np.full((4, 2), np.sqrt(3) / 2), rtol=1e-5)
    one = transformed(corners, "whitened", dims=1, seed=0)
    np.testing.assert_allclose(np.abs(one), np.full((4, 1), np.sqrt(3) / 2), rtol=1e-5)
    assert np.sign(one[0]) == np.sign(one[1]) != np.sign(one[2]), "the longer axis is the one that is kept"


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 60), st.integers(1, 8), st.integers(2, 10), st.integers(0, 5))
def test_whitened_components_have_variance_1_and_are_uncorrelated(n: int, d: int, dims: int, seed: int) -> None:
    white = transformed(drawn(n, d, seed), "whitened", dims=dims, seed=0)
    assert white.shape[1] <= min(dims, d, n - 1)
    np.testing.assert_allclose(white.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(np.cov(white.T).reshape(white.shape[1], -1), np.eye(white.shape[1]), atol=1e-3)


def test_directions_without_variance_are_left_out() -> None:
    flat = drawn(40, 3) @ np.array([[1, 0, 2, 0], [0, 1, 1, 0], [0, 0, 0, 0]], dtype=np.float32)
    assert transformed(flat, "whitened", dims=4, seed=0).shape == (40, 2)


@pytest.mark.parametrize("n", [0, 1, 6])
def test_nothing_to_whiten(n: int) -> None:
    white = transformed(np.full((n, 4), 3, dtype=np.float32), "whitened", dims=2, seed=0)
    assert white.shape == (n, 1) and not white.any()
