"""Closing paragraph of notebook 06, whose every number comes from a result."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown


def close_late(tests: pd.DataFrame, kept: pd.DataFrame, found: pd.DataFrame, times: pd.DataFrame) -> Markdown:
    """Say what late interaction gains and costs, and whether reranking helps.

    Parameters
    ----------
    tests, kept, found, times : of `late_figures`: `compared`, `storage`, `reranking` and `latency`.
    """
    parts = [*_quality(tests), *_cost(kept), *_reranked(found, times)]
    return Markdown(" ".join(parts) or "This study names 0 late-interaction systems and 0 rerankers.")


def _quality(tests: pd.DataFrame) -> list[str]:
    sentences = []
    for row in tests.to_dict("records"):
        clear = "which is significant" if row["significant"] else "which is not significant"
        word = "below" if row["difference"] < 0 else "above"
        sentences.append(
            f"{row['system']} lies {abs(row['difference']):.3f} {word} {row['against']} "
            f"([{row['low']:+.3f}, {row['high']:+.3f}]), {clear}."
        )
    return sentences


def _cost(kept: pd.DataFrame) -> list[str]:
    sentences = []
    for row in kept.to_dict("records"):
        times = f", {row['times']:,.0f} times the single vector of {row['single']}" if pd.notna(row["single"]) else ""
        size = f"{row['vectors']:,.0f} vectors a document, {row['bytes'] / 1024:,.0f} KiB"
        sentences.append(f"{row['system']} keeps {size}{times}.")
    return sentences


def _reranked(found: pd.DataFrame, times: pd.DataFrame) -> list[str]:
    sentences = []
    for reranker, rows in found.groupby("reranker", sort=False):
        whole = rows[rows["stratum"] == "ALL"].iloc[0]
        apart = "; ".join(f"{row['stratum']} {row['difference']:+.3f}" for _, row in rows.iterrows())
        took = times.set_index("reranker").loc[reranker]
        sentences.append(
            f"Reranking the first {took['among']:,.0f} documents with {reranker} takes a score of "
            f"{whole['before']:.3f} to {whole['after']:.3f}: {_VERDICTS[whole['verdict']]} ({apart}), at "
            f"{took['ms']:,.0f} ms a query."
        )
    return sentences


_VERDICTS = {"helps": "it helps", "hurts": "it hurts", "no clear difference": "no clear difference"}
