"""The probe against scikit-learn's one-against-the-rest logistic regression, both with all cores.

Features look like standardised embeddings: their variance falls with the axis as a power law. scikit-learn fits as many
labels as `--fitted` says, spread evenly from the most frequent to the rarest; its time for all is that times labels by
fitted. It is timed at the loosest tolerance that is within 0.001 of the optimum's probabilities, as the probe's are, or
that comes closest, and at its default, which is further from it. The optimum is that of scikit-learn's Newton solver in
double precision.
"""

from __future__ import annotations

import numpy as np
from clock import arguments, in_turns, ratio, report
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from patbench_lib.classify.probe import Weights, fit, probabilities
from patbench_lib.types import Bools, Floats, Ints

TOLERANCES = (1e-4, 1e-5, 1e-6, 1e-7)
"""Of scikit-learn, its default first."""


CLOSE = 1e-3
"""A difference of probabilities that is as good as none."""


def problem(n: int, dim: int, labels: int) -> tuple[Floats, Bools]:
    """Draw standardised features, and labels on half of the texts to one in a hundred that depend on them."""
    rng = np.random.default_rng(0)
    turned = np.linalg.qr(rng.standard_normal((dim, dim)))[0] * np.arange(1, dim + 1)[:, None] ** -0.5
    features = rng.standard_normal((n, dim)) @ turned
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    odds = features @ rng.standard_normal((dim, labels)) * (2 / dim**0.5)
    shift = np.log(np.geomspace(0.5, 0.01, labels) / (1 - np.geomspace(0.5, 0.01, labels)))
    return features.astype(np.float32), rng.random((n, labels)) < 1 / (1 + np.exp(-odds - 1.5 * shift))


def rest(features: Floats, labels: Bools, strength: float, tolerance: float) -> OneVsRestClassifier:
    """Fit scikit-learn's; single precision, as the features are."""
    classifier = LogisticRegression(C=strength, tol=tolerance, max_iter=10_000)
    return OneVsRestClassifier(classifier).fit(features, labels.astype(int))


def optimum(features: Floats, labels: Bools, strength: float, asked: Floats) -> Floats:
    """Return the probabilities of a few labels, for `asked`, to double precision."""
    classifier = LogisticRegression(C=strength, tol=1e-9, max_iter=200, solver="newton-cholesky")
    exact = OneVsRestClassifier(classifier).fit(features.astype(np.float64), labels.astype(int))
    found: Floats = exact.predict_proba(asked.astype(np.float64))
    return found


def largest(found: Floats, exact: Floats) -> float:
    """Return the greatest difference of two sets of probabilities."""
    return float(np.abs(found - exact).max())


def main() -> None:
    options = arguments(__doc__, texts=6000, dim=384, labels=40, fitted=10, strength=1, rounds=3)
    features, labels = problem(options.texts + 1000, options.dim, options.labels)
    train, given, strength = features[: options.texts], labels[: options.texts], float(options.strength)
    some: Ints = np.linspace(0, options.labels - 1, options.fitted).astype(int)
    exact = optimum(train, given[:, some], strength, features)

    def own() -> Weights:
        return fit(train, given, strength)

    ours = largest(probabilities(own(), features)[:, some], exact)
    apart = {}
    for tolerance in TOLERANCES:
        apart[tolerance] = largest(rest(train, given[:, some], strength, tolerance).predict_proba(features), exact)
        if apart[tolerance] <= CLOSE:
            break
    matched = min(apart, key=lambda tolerance: apart[tolerance])
    names = ["probe", f"scikit-learn, tolerance {matched:g}", f"scikit-learn, tolerance {TOLERANCES[0]:g}"]
    rivals = {names[0]: own}
    for name, tolerance in zip(names[1:], (matched, TOLERANCES[0]), strict=True):
        rivals[name] = lambda tolerance=tolerance: rest(train, given[:, some], strength, tolerance)
    seconds = in_turns(rivals, options.rounds)
    for name in names[1:]:
        seconds[name] = [spent * options.labels / options.fitted for spent in seconds[name]]
    aim = "aim: at least 3 at 6,000 × 384 × 40, 10 at 20,000 × 1,024 × 200"
    figures = {
        f"times the probe's, {name.partition(', ')[2]}": (ratio(seconds, name, names[0]), aim) for name in names[1:]
    }
    figures |= {
        "thousandths from the optimum at most, probe": (1000 * ours, "aim: at most 1, unseen texts included"),
        f"the same, {names[1]}": (1000 * apart[matched], ""),
        f"the same, {names[2]}": (1000 * apart[TOLERANCES[0]], "its default"),
    }
    report(options, seconds, figures)


if __name__ == "__main__":
    main()
