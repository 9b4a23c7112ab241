"""Claims of a study file: what is refused, and how they are judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fixtures.studies import SMALL, bench

from patbench_lib.bench.claims import judged
from patbench_lib.bench.claims_own import compared, own_statement
from patbench_lib.errors import PatbenchError
from patbench_lib.evaluate import compare
from patbench_lib.parameters import make_study

CLAIM: dict[str, Any] = {
    "name": "mine",
    "says": "The static model finds more than BM25.",
    "kind": "compare",
    "measure": "nDCG@10",
    "a": {"system": "MiniLM-static"},
    "b": {"system": "BM25", "view": "TA"},
}


def refused(**changes: Any) -> str:
    with pytest.raises(PatbenchError) as error:
        make_study({**SMALL, "claims": [CLAIM | changes]}, where="test")
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"a": {"system": "MiniLM-statik"}}, "Did you mean 'MiniLM-static'?"),
        ({"a": {"system": "MiniLM-static", "view": "TAX"}}, "did you mean 'TA'"),
        ({"a": {"system": "MiniLM-static", "view": "TAC"}}, "Unknown view 'TAC' in claim 'mine'"),
        ({"measure": "nDCG@1"}, "Did you mean 'nDCG@10'?"),
        ({"measure": "Recall@100"}, "Unknown measure 'Recall@100'"),
        ({"landscape": "assistiv"}, "Did you mean 'assistive'?"),
        ({"task": "classification"}, "Unknown system 'BM25' in claim 'mine'"),
        ({"task": "clustering"}, "one of retrieval, classification"),
        ({"task": "classification", "stratum": "IN"}, "have no stratum"),
        ({"label_set": "at_domain"}, "goes with task: classification"),
        ({"b": CLAIM["a"]}, "holds a system against itself"),
        ({"name": "C3"}, "are the published study's"),
        ({"atleast": 0.1}, "did you mean `at_least`?"),
        ({"kind": "rank"}, "`claims"),
        ({"at_least": 1.0}, "less than 1"),
    ],
)
def test_what_a_study_does_not_have_is_refused_with_the_nearest(changes: dict[str, Any], told: str) -> None:
    assert told in refused(**changes)


def test_a_label_set_must_be_one_of_the_study() -> None:
    sides = {"a": {"system": "MiniLM-static"}, "b": {"system": "LSA"}}
    with pytest.raises(PatbenchError, match="Did you mean 'at_domain'"):
        own = CLAIM | sides | {"task": "classification", "measure": "micro-F1", "label_set": "at_domains"}
        make_study({**SMALL, "systems": ["BM25", "LSA", "MiniLM-static"], "claims": [own]}, where="test")


def test_no_two_claims_have_one_name() -> None:
    with pytest.raises(PatbenchError, match="claims names mine twice"):
        make_study({**SMALL, "claims": [CLAIM, CLAIM]}, where="test")


def test_a_claim_is_judged_beside_the_papers(tmp_path: Path) -> None:
    made = bench(tmp_path, claims=[CLAIM, CLAIM | {"name": "turned", "a": CLAIM["b"], "b": CLAIM["a"]}])
    found = judged(made)
    assert list(found.verdicts["claim"])[-2:] == ["mine", "turned"]
    one, other = (found.parts[found.parts["claim"] == name].iloc[0] for name in ("mine", "turned"))
    scores = made.scores("MiniLM-static", made.arena, "TA"), made.scores("BM25", made.arena, "TA")
    means = [each.query("stratum == 'ALL' and measure == 'nDCG@10'")["value"].mean() for each in scores]
    assert one["effect"] == pytest.approx(means[0] - means[1]) == pytest.approx(-other["effect"])
    assert (one["low"], one["high"]) == pytest.approx((-other["high"], -other["low"]))
    assert one["p"] == other["p"] and one["part"] == "MiniLM-static TA − BM25 TA"
    assert found.statements["mine"].effect.startswith("nDCG@10 of MiniLM-static on TA less that of BM25 on TA")


def test_a_margin_is_what_is_tested(tmp_path: Path) -> None:
    made = bench(tmp_path, claims=[CLAIM, CLAIM | {"name": "more", "at_least": 0.3}])
    plain, more = (compared(made, claim).parts.iloc[0] for claim in made.study.claims)
    assert more[["effect", "low", "high"]].tolist() == pytest.approx(plain[["effect", "low", "high"]].tolist())
    sides = [made.scores(name, made.arena, "TA") for name in ("MiniLM-static", "BM25")]
    wide, families = compare.by_query(pd.concat(sides).query("stratum == 'ALL' and measure == 'nDCG@10'"))
    beyond = (wide["MiniLM-static"] - wide["BM25"] - 0.3).to_numpy()[:, None]
    assert more["p"] == compare.tested(beyond, families, made.study.statistics, seed=0)["p"][0]
    assert own_statement(made, made.study.claims[1]).rule.least == 0.3


def test_another_landscape_another_stratum_and_another_task(tmp_path: Path) -> None:
    external = {"source": "demo", "name": "external", "kind": "external", "publications": 60}
    claims = [
        CLAIM | {"name": "away", "landscape": "external"},
        CLAIM | {"name": "outside", "stratum": "OUT"},
        CLAIM | {"name": "other-view", "landscape": "external", "b": {"system": "BM25", "view": "C1"}},
        CLAIM
        | {
            "name": "learnt",
            "task": "classification",
            "measure": "micro-F1",
            "b": {"system": "LSA"},
            "label_set": "ipc_subclass",
        },
    ]
    made = bench(
        tmp_path,
        claims=claims,
        external=external,
        views=["TA", "C1"],
        systems=["BM25", "LSA", "MiniLM-static"],
        landscape={"source": "demo", "publications": 120},
        labels={"min_support": 8},
        classification={"repeats": 1, "strengths": [1.0]},
    )
    away, outside, unread, learnt = (compared(made, claim) for claim in made.study.claims)
    assert away.parts["n"][0] == len(made.arenas[1].judgements.queries)
    assert outside.parts["n"][0] == len(made.arena.judgements.stratum("OUT").queries)
    assert unread.why == "C1 of external is not read in this study."
    (part,) = learnt.parts.to_dict("records")
    assert part["part"] == "MiniLM-static TA − LSA TA, ipc_subclass" and part["low"] <= part["effect"] <= part["high"]
