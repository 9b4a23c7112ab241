from __future__ import annotations

from math import exp, log
from types import ModuleType

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from patbench_lib.classify import design as design_module
from patbench_lib.classify import lbfgs, probe
from patbench_lib.classify.design import Design, design
from patbench_lib.classify.lbfgs import MEMORY, gradient, solve
from patbench_lib.classify.probe import fit, probabilities


def drawn(n: int, d: int, labels: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, d)).astype(np.float32)
    matrix = rng.random((n, labels)) < 0.4
    matrix[0], matrix[1] = True, False
    return features, matrix


def objective(features: np.ndarray, label: np.ndarray, strength: float, weights: np.ndarray, bias: float) -> float:
    """½ ‖w‖² + C Σ log(1 + exp(-y z)), written out."""
    signed = np.where(label, 1, -1) * (features.astype(np.float64) @ weights + bias)
    return float(weights @ weights / 2 + strength * np.log1p(np.exp(-signed)).sum())


def test_two_texts_have_the_optimum_that_can_be_worked_out() -> None:
    # Features 1 and -1, labels yes and no: the bias is 0 and w minimises w² / 2 + 2 C log(1 + exp(-w)),
    # so that w = 2 C / (1 + exp(w)). For C = (1 + e) / 2, w = 1.
    features, labels = np.array([[1.0], [-1.0]], dtype=np.float32), np.array([[True], [False]])
    found = fit(features, labels, (1 + exp(1)) / 2)
    assert found.weights[0, 0] == pytest.approx(1, abs=2e-3)
    assert found.bias[0] == pytest.approx(0, abs=2e-3)
    assert probabilities(found, np.array([[1.0]])) == pytest.approx(1 / (1 + exp(-1)), abs=1e-3)


@given(st.integers(0, 10_000), st.sampled_from([0.01, 1.0, 100.0]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_no_small_change_of_a_weight_lowers_the_objective(seed: int, strength: float, sparse: bool) -> None:
    features, labels = drawn(40, 3, 2, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(design_module, "FILLED", 0)
        found = fit(sp.csr_matrix(features) if sparse else features, labels, strength)
    assert not found.unfinished
    for label in range(2):
        place = np.append(found.weights[:, label], found.bias[label]).astype(np.float64)
        at = objective(features, labels[:, label], strength, place[:-1], place[-1])
        for axis in range(4):
            for change in (-0.02, 0.02):
                moved = place.copy()
                moved[axis] += change
                assert objective(features, labels[:, label], strength, moved[:-1], moved[-1]) > at


@pytest.mark.parametrize("sparse", [False, True])
def test_the_gradient_is_the_slope_of_the_objective(sparse: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_module, "FILLED", 0)
    features, labels = drawn(30, 4, 3)
    columns = design(sp.csr_matrix(features) if sparse else features, "cpu")
    parameters = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)
    given_ = torch.from_numpy(parameters)
    residual = torch.sigmoid(columns.margins(given_)) - torch.from_numpy(labels.astype(np.float32))
    found = gradient(columns, residual, given_, torch.tensor([[0.5]] * 4 + [[0.0]])).numpy()  # C = 2
    matrix = columns.matrix.to_dense().numpy()
    for label in range(3):
        for axis in range(5):
            low, high = (parameters[:, label].astype(np.float64) for _ in range(2))
            low[axis] -= 1e-4
            high[axis] += 1e-4
            ends = [objective(matrix, labels[:, label], 2.0, end[:-1], end[-1]) / 2 for end in (low, high)]
            assert found[axis, label] == pytest.approx((ends[1] - ends[0]) / 2e-4, abs=1e-4)


def test_a_small_sparse_matrix_is_filled_in_and_a_large_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    features = sp.csr_matrix(drawn(20, 3, 1)[0])
    assert not design(features, "cpu").matrix.is_sparse_csr
    monkeypatch.setattr(design_module, "FILLED", 20 * 3 - 1)
    assert design(features, "cpu").matrix.is_sparse_csr


def test_a_sparse_matrix_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_module, "FILLED", 0)
    features = sp.csr_matrix(([2.0, 1.0, 3.0], [1, 0, 1], [0, 2, 3]), shape=(2, 2))
    columns = design(features, "cpu")
    assert features.indices.tolist() == [1, 0, 1]
    assert columns.matrix.to_dense().tolist() == [[1, 2], [0, 3]] == columns.transposed.to_dense().T.tolist()
    assert columns.squares.tolist() == [1, 13]


@pytest.mark.parametrize(("n", "d"), [(50, 8), (8, 50)])
def test_dense_features_are_centred_and_turned_without_loss(n: int, d: int) -> None:
    features = drawn(n, d, 1)[0] + 5
    columns = design(features, "cpu")
    assert columns.axes is not None and columns.centre is not None
    across = columns.matrix.T @ columns.matrix
    np.testing.assert_allclose(across, torch.diag(columns.squares), atol=1e-3)
    back = columns.matrix @ columns.axes.T + columns.centre
    np.testing.assert_allclose(back, features, atol=1e-4)
    parameters = torch.ones((columns.matrix.shape[1] + 1, 2))
    weights, bias = columns.leave(parameters)
    np.testing.assert_allclose(torch.from_numpy(features) @ weights + bias, columns.margins(parameters), atol=1e-3)


def test_a_label_of_all_texts_or_of_none_has_a_finite_bias_and_no_weights() -> None:
    features, labels = drawn(20, 3, 3)
    labels[:, 0], labels[:, 2] = True, False
    found = fit(features, labels, 100.0)
    assert found.bias[[0, 2]] == pytest.approx([log(20.5 / 0.5), log(0.5 / 20.5)])
    assert not found.weights[:, [0, 2]].any()
    alone = fit(features, labels[:, [1]], 100.0)
    np.testing.assert_allclose(found.weights[:, [1]], alone.weights, atol=1e-3)


def test_labels_that_never_vary_need_no_step() -> None:
    features, _ = drawn(5, 2, 1)
    found = fit(features, np.ones((5, 2), dtype=bool), 1.0)
    assert (found.iterations, found.unfinished) == (0, 0)
    assert probabilities(found, features) == pytest.approx(np.full((5, 2), 5.5 / 6))


def test_features_that_say_nothing_leave_the_frequency() -> None:
    labels = np.array([[True], [False], [False], [False]])
    for features in (np.zeros((4, 3), dtype=np.float32), sp.csr_matrix((4, 3), dtype=np.float32)):
        assert probabilities(fit(features, labels, 1.0), features) == pytest.approx(np.full((4, 1), 0.25), abs=1e-3)


def test_separable_classes_do_not_diverge() -> None:
    features = np.array([[-2.0], [-1.0], [1.0], [2.0]], dtype=np.float32)
    found = fit(features, features > 0, 1e4)
    assert not found.unfinished
    assert np.isfinite(found.weights).all() and found.weights[0, 0] > 3


def test_the_same_twice_is_the_same_to_the_last_bit() -> None:
    features, labels = drawn(80, 10, 5)
    one, two = (fit(features, labels, 10.0) for _ in range(2))
    np.testing.assert_array_equal(one.weights, two.weights)
    np.testing.assert_array_equal(one.bias, two.bias)


@pytest.mark.parametrize(("module", "limit", "value"), [(probe, "WORK_MB", 0), (lbfgs, "ROWS", 7)])
def test_a_few_labels_or_texts_at_a_time_give_the_same(
    module: ModuleType, limit: str, value: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    features, labels = drawn(60, 5, 7)
    whole = fit(features, labels, 1.0)
    monkeypatch.setattr(module, limit, value)
    apart = fit(features, labels, 1.0)
    np.testing.assert_allclose(apart.weights, whole.weights, atol=1e-3)
    assert apart.iterations == whole.iterations > 2


def test_a_product_over_many_texts_is_summed_by_parts_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(design_module, "SUMMED", 4)
    ones, residual = torch.ones(68, 1), torch.zeros(68, 1)
    residual[0], residual[4::4] = 2.0**24, 1.0  # in single precision 2²⁴ + 1 is 2²⁴
    made = Design(ones, ones.T, torch.ones(1))
    assert made.back(residual)[0, 0] == 2.0**24 + 16


def test_labels_of_large_features_are_fitted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "WORK_MB", 0)
    n, r = 1000, 100
    each = 4 * (2 * MEMORY * r + 5 * n)  # bytes of a label
    assert [part.start for part in probe._blocks(30, n, r, entries=each * 10 // 4)] == [0, 10, 20]
    assert len(list(probe._blocks(3, n, r, entries=1))) == 3


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    features, labels = drawn(20, 3, 2)
    fit(features, labels, 1.0)
    assert torch.get_num_threads() == before


def test_steps_that_run_out_are_told() -> None:
    features, labels = drawn(50, 6, 4)
    columns, target = design(features, "cpu"), torch.from_numpy(labels.astype(np.float32))
    start = torch.zeros((7, 4))
    short = solve(columns, target, start, 100.0, tolerance=1e-3, steps=1)
    assert not short.finished.any() and short.steps.tolist() == [1] * 4
    long = solve(columns, target, start, 100.0, tolerance=1e-3, steps=100)
    assert long.finished.all() and (long.steps > 1).all()
    assert not start.any(), "the start is left as it was"


def test_more_steps_never_raise_the_objective() -> None:
    features, labels = drawn(50, 6, 4)
    features *= np.array([1, 1, 100, 1, 0.01, 1], dtype=np.float32)
    columns, target = design(features, "cpu"), torch.from_numpy(labels.astype(np.float32))
    before = np.full(4, np.inf)
    for steps in range(12):
        found = solve(columns, target, torch.zeros((7, 4)), 10.0, tolerance=1e-6, steps=steps).parameters.numpy()
        values = [
            objective(columns.matrix.numpy(), labels[:, i], 10.0, found[:-1, i].astype(np.float64), found[-1, i])
            for i in range(4)
        ]
        assert (np.array(values) <= before + 1e-4).all()
        before = np.array(values)
