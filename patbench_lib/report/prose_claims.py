"""Words of notebook 14 whose every number comes from the settings or a result."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from patbench_lib.bench.bench import Bench
from patbench_lib.bench.claims import Judged
from patbench_lib.report.claims_figures import NO_CALIBRATION
from patbench_lib.report.claims_tables import by_chance, nulls
from patbench_lib.report.labels import counted, plain

SEEN = 0.8
"""Share of studies in which an effect that is there is called so, from which on it counts as seen."""

VERDICTS = ("holds", "does not hold", "not decided", "cannot be judged")


def say_rule(bench: Bench, judged: Judged) -> Markdown:
    """Say how many statements there are, and at what level they are tested."""
    level = bench.study.statistics.level
    own = [name for name, each in judged.statements.items() if each.certainty == "own"]
    added = f" and {len(own)} of this study's own" if own else ", and none of this study's own"
    asked, error = len(judged.statements), 1 - level
    return Markdown(
        f"{asked - len(own)} statements of the published study are judged{added}. Tests are one-sided at {error:.0%}: "
        f"a claim that is not true is called true in at most {error:.0%} of studies; intervals are at {level:.0%}. "
        f"Verdicts are not corrected for the number of claims: were none of the {asked} true, at most "
        f"{asked * error:.1f} of them would be called so in the mean."
    )


def say_calibration(bench: Bench, calibration: pd.DataFrame) -> Markdown:
    """Say how often rules were wrong where nothing was planted, and from where on they see what is."""
    if calibration.empty:
        return Markdown(f"{NO_CALIBRATION} Systems: {len(bench.study.systems)}.")
    level, empty = bench.study.statistics.level, nulls(calibration)
    worst = empty.iloc[int(empty["holds"].to_numpy().argmax())]
    limit = by_chance(int(worst["seeds"]), level)
    verdict = "no more than chance allows" if worst["holds"] <= limit else "more than chance allows"
    seen = [
        _seen(str(rule), rows)
        for rule, rows in calibration[calibration["planted"] == "effect"].groupby("rule", sort=False)
    ]
    return Markdown(
        f"Of {worst['seeds']} studies in which the claim is not true, the rule that errs most ({worst['rule']}) called "
        f"it true in {worst['holds']}, {verdict} ({limit}). Seen in at least {SEEN:.0%} of studies: {'; '.join(seen)}."
    )


def _seen(rule: str, rows: pd.DataFrame) -> str:
    enough = rows[rows["holds"] >= SEEN * rows["seeds"]]
    if enough.empty:
        return f"{rule}, none of the strengths tried (up to {rows['strength'].max():g})"
    return f"{rule}, from {enough['strength'].min():g} on"


def close_claims(bench: Bench, judged: Judged) -> Markdown:
    """Say which claims hold here, which do not, which are open, and what judging the others would take."""
    parts = []
    own = {name for name, each in judged.statements.items() if each.certainty == "own"}
    for whose, mine in (
        ("the published study's", judged.verdicts[~judged.verdicts["claim"].isin(own)]),
        ("this study's own", judged.verdicts[judged.verdicts["claim"].isin(own)]),
    ):
        if len(mine):
            parts.append(_counted(whose, mine, judged))
    arena = bench.arena
    kind = "synthetic landscape" if arena.landscape.provenance.synthetic else "landscape"
    absent = judged.verdicts[judged.verdicts["verdict"] == "cannot be judged"]
    reasons = dict.fromkeys(
        f"- {', '.join(rows['claim'])}: {plain(str(why))}" for why, rows in absent.groupby("why", sort=False)
    )
    missing = "\n".join(["What could not be judged lacks:\n", *reasons]) if reasons else ""
    said = f"All of this is said of the {kind} *{plain(arena.name)}*, its queries and the systems of this study."
    if arena.landscape.provenance.synthetic:
        said += " What was planted in it is found again or not; of real patents it says nothing."
    return Markdown("\n\n".join(filter(None, [*parts, said, missing])))


def _counted(whose: str, rows: pd.DataFrame, judged: Judged) -> str:
    """Say how many claims have each verdict, and which."""
    said = []
    for verdict in VERDICTS:
        mine = rows[rows["verdict"] == verdict]["claim"]
        named = [f"{name} ({plain(judged.statements[name].title)})" for name in mine]
        listed = f": {', '.join(named)}" if len(mine) and verdict != "cannot be judged" else ""
        said.append(f"- {verdict}, {len(mine)}{listed}")
    lines = "\n".join(said)
    return f"Of {whose} {counted(len(rows), 'statement')}:\n\n{lines}"
