"""Figures and tables of notebook 08: which labels, which pairs of them and which patents classifiers get wrong."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.figure import Figure

from patbench_lib.bench.arena import Arena
from patbench_lib.bench.classification import Leading
from patbench_lib.classify.measures import per_label
from patbench_lib.classify.prediction import Prediction
from patbench_lib.landscape.label_sets import LabelSet
from patbench_lib.landscape.views import View
from patbench_lib.report.classification_figures import BASELINE_COLOUR, NO_LABELS
from patbench_lib.report.labels import shortened
from patbench_lib.report.style import finish, words_figure
from patbench_lib.report.tables import table
from patbench_lib.types import Bools, Floats

MOST_LABELS = 20
"""Labels that a figure shows at most."""

NOTHING = "no label"


def label_scores(predictions: Sequence[Prediction], labels: LabelSet) -> pd.DataFrame:
    """Return the F1 of each label, mean and standard deviation over splits, and its mean support in a test part.

    Returns
    -------
    pandas.DataFrame
        By label: F1, spread, support; F1 is nan where no split has gold or decision.
    """
    parts = [per_label(each).set_axis(labels.labels) for each in predictions]
    values = pd.concat([part["F1"] for part in parts], axis=1)
    support = pd.concat([part["support"] for part in parts], axis=1).mean(axis=1)
    spread = values.std(axis=1) if len(parts) > 1 else 0.0
    return pd.DataFrame({"F1": values.mean(axis=1), "spread": spread, "support": support})


def labels_figure(leading: Leading | None, *, synthetic: bool) -> Figure:
    """Draw the F1 of each label, bars for the best classifier and crosses for the baseline; the frequent labels."""
    if leading is None:
        return words_figure(NO_LABELS, synthetic=synthetic)
    scores = {
        name: label_scores(leading.predictions[name], leading.labels) for name in (leading.best, leading.baseline)
    }
    best = scores.pop(leading.best)
    shown = best.nlargest(MOST_LABELS, "support").sort_values("F1", na_position="first")
    heights = np.arange(len(shown))
    figure, axes = plt.subplots(figsize=(7.2, 0.3 * len(shown) + 1.5))
    bar = {"height": 0.62, "color": "#8fc1e3", "ecolor": "#33658a"}
    axes.barh(heights, shown["F1"], xerr=shown["spread"], label=leading.best, **bar)
    for name, other in scores.items():
        axes.plot(other.loc[shown.index, "F1"], heights, "X", color=BASELINE_COLOUR, markersize=7, label=name)
    axes.set_yticks(heights, [f"{shortened(str(name), 40)} ({n:.0f})" for name, n in shown["support"].items()])
    over = ", mean and standard deviation over splits" if len(leading.predictions[leading.best]) > 1 else ""
    axes.set(xlabel=f"F1{over}", xlim=(0, 1.02), ylim=(-0.6, len(shown) - 0.4))
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper center", ncols=2)
    return finish(figure, synthetic=synthetic)


def confused(predictions: Sequence[Prediction]) -> Floats:
    """Return how many publications miss one label and are given another that they lack, shape [labels + 1, labels + 1].

    Rows are the missed labels and columns the invented ones. The last column counts labels missed where nothing was
    invented, the last row labels invented where nothing was missed. Publications of several splits count in each.
    """
    counts = np.zeros((predictions[0].gold.shape[1] + 1,) * 2)
    for each in predictions:
        missed, invented = _or_nothing(each.gold & ~each.decided), _or_nothing(each.decided & ~each.gold)
        counts += missed.T.astype(float) @ invented
    counts[-1, -1] = 0
    return counts


def _or_nothing(wrong: Bools) -> Bools:
    """Return labels that are wrong with a last column that says whether none is."""
    return np.column_stack([wrong, ~wrong.any(axis=1)])


def confusion_figure(leading: Leading | None, *, synthetic: bool) -> Figure:
    """Draw `confused` of the best classifier as a heat map, the labels with most errors where there are many."""
    if leading is None:
        return words_figure(NO_LABELS, synthetic=synthetic)
    counts, labels = confused(leading.predictions[leading.best]), leading.labels
    wrong = counts[:-1].sum(axis=1) + counts[:, :-1].sum(axis=0)
    shown = [*np.sort(np.argsort(-wrong, kind="stable")[:MOST_LABELS]), len(labels.labels)]
    cells, names = counts[np.ix_(shown, shown)], [shortened(name, 28) for name in (*labels.labels, NOTHING)]
    names = [names[i] for i in shown]
    size = 0.36 * len(shown)
    figure, axes = plt.subplots(figsize=(min(7.6, size + 3.2), min(6.6, size + 2.0)))
    axes.imshow(cells, cmap="Blues", aspect="auto")
    for (row, column), count in np.ndenumerate(cells):
        if count:
            dark = "white" if count > 0.6 * cells.max() else "black"
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=dark, fontsize=8.5)
    axes.set_xticks(range(len(shown)), names, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(shown)), names)
    axes.set(xlabel="invented", ylabel="missed")
    axes.grid(visible=False)
    for line in (axes.axhline, axes.axvline):
        line(len(shown) - 1.5, color="#4d4d4d", linewidth=1)
    return finish(figure, synthetic=synthetic)


def hardest_table(leading: Leading | None, arena: Arena, view: View, *, most: int = 6, synthetic: bool) -> GT:
    """Return the test publications whose labels classifiers get most wrong, one a family, with how their text begins.

    That is the lowest F1 of a publication's own labels, mean over the classifiers that read it, all but the prior, and
    splits. Beside its labels stand those that the best classifier gives, in the first split that tests it.
    """
    if leading is None:
        return table(pd.DataFrame({"publication": []}), notes=[NO_LABELS], synthetic=synthetic)
    labels, texts, first = leading.labels, arena.shown_texts(view), leading.predictions[leading.best]
    # The prior gives all publications the same labels: what it gets wrong are rare labels, not hard texts.
    reading = {name: made for name, made in leading.predictions.items() if name != "prior"} or leading.predictions
    means = own_f1(list(reading.values()), len(arena.landscape))
    ordered = means.sort_values(kind="stable")
    chosen = ordered[~pd.Series(arena.landscape.family[ordered.index]).duplicated().to_numpy()].head(most)
    frame = pd.DataFrame(
        {
            "publication": [arena.landscape.numbers[row] for row in chosen.index],
            "text": [shortened(texts[row].replace("\n", " · "), 260) for row in chosen.index],
            "labels": [_names(labels, labels.matrix[row]) for row in chosen.index],
            "given": [_names(labels, _given(first, row)) for row in chosen.index],
            "mean F1": chosen.to_numpy(),
        }
    )
    over = f"{len(reading)} classifiers{', all but the prior,' * (len(reading) < len(leading.predictions))}"
    notes = [f"Given: by {leading.best}. Mean F1: over {over} and the splits that test it."]
    return table(frame, decimals={"mean F1": 2}, unbroken=["publication"], notes=notes, synthetic=synthetic)


def own_f1(predictions: Sequence[Sequence[Prediction]], n: int) -> pd.Series:
    """Return the F1 of each publication's own labels, mean over classifiers and splits, by row of the landscape.

    Parameters
    ----------
    predictions : of each classifier, one a split.
    n : publications of the landscape; those that no split tests have no value.
    """
    sums, counts = np.zeros(n), np.zeros(n)
    for each in (one for parts in predictions for one in parts):
        sums[each.rows] += _own_f1(each)
        counts[each.rows] += 1
    tested = np.flatnonzero(counts)
    return pd.Series(sums[tested] / counts[tested], index=tested)


def _own_f1(prediction: Prediction) -> Floats:
    """Return the F1 of each publication's labels, shape [m]; every test publication has gold labels."""
    hits = (prediction.gold & prediction.decided).sum(axis=1)
    f1: Floats = 2 * hits / (prediction.gold.sum(axis=1) + prediction.decided.sum(axis=1))
    return f1


def _given(predictions: Sequence[Prediction], row: int) -> Bools:
    each = next(each for each in predictions if row in each.rows)
    decided: Bools = each.decided[np.searchsorted(each.rows, row)]
    return decided


def _names(labels: LabelSet, has: Bools) -> str:
    return ", ".join(name for name, given in zip(labels.labels, has, strict=True) if given) or NOTHING
