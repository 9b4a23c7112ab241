from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from patbench_lib.errors import PatbenchError
from patbench_lib.models.card import Card
from patbench_lib.models.registry import find_card, load_registry
from patbench_lib.models.table import COLUMNS, models_table

MODELS_CSV = Path(__file__).parents[3] / "shared" / "reference" / "models.csv"
HERE = {"MiniLM-2L", "MiniLM-1L", "MiniLM-static", "LSA", "MiniLM-tokens"}
RERANKERS = {"bge-reranker-v2-m3"}
INSTRUCTION = "Given a patent, retrieve the earlier patents that it cites as prior art"


@pytest.fixture(scope="module")
def reference() -> dict[str, dict[str, str]]:
    if not MODELS_CSV.is_file():
        pytest.skip("../shared/reference/models.csv is not beside this checkout")
    with MODELS_CSV.open(encoding="utf-8") as lines:
        return {row["name"]: row for row in csv.DictReader(lines)}


def test_the_registry_holds_the_reference_in_its_order_and_what_is_made_here(
    reference: dict[str, dict[str, str]],
) -> None:
    cards = load_registry()
    assert [name for name in cards if name not in HERE | RERANKERS] == list(reference)
    assert set(cards) - set(reference) == HERE | RERANKERS
    assert {name for name, card in cards.items() if card.kind == "cross-encoder"} == RERANKERS


def test_the_registry_says_what_the_reference_says(reference: dict[str, dict[str, str]]) -> None:
    cards = load_registry()
    for name, row in reference.items():
        card = cards[name]
        assert (card.hf_id or "", card.kind) == (row["hf_id"], row["kind"])
        assert (card.revision or "").startswith(row["revision"])
        assert card.params_m == (float(row["params_m"]) if row["params_m"] else None)
        assert card.dim == (int(row["dim"].rstrip("?")) if row["dim"] else None)
        assert card.max_tokens == (int(row["max_tokens"]) if row["max_tokens"] else None)
        pooling = row["pooling"].split(" (")[0].removesuffix(" head")
        assert (card.pooling or "") == ("" if pooling == "verify" else pooling)
        assert card.remote_code or "remote code" not in row["certainty"]
        if row["licence"] not in ("", "check"):
            assert card.licence == row["licence"]


def test_prompts_are_the_references(reference: dict[str, dict[str, str]]) -> None:
    cards = load_registry()
    for name, row in reference.items():
        for role, column in (("query", "query_prompt"), ("document", "document_prompt")):
            stated = row[column].replace("\\n", "\n")
            if stated.startswith("LoRA task "):
                assert cards[name].encode_tasks[role] == stated.removeprefix("LoRA task ")
            elif stated.endswith("Marker]"):
                assert cards[name].markers[role] == stated
            else:
                expected = {"one leading space": " "}.get(stated, stated)
                assert cards[name].prompts.get(role, "") == expected


def test_golden_prompts() -> None:
    cards = load_registry()
    assert cards["Qwen3-8B"].prompt("query") == f"Instruct: {INSTRUCTION}\nQuery:"
    assert cards["Qwen3-8B"].prompt("document") == ""
    assert cards["Octen-8B"].prompt("document") == " "
    assert cards["KaLM-Gemma3-12B"].prompt("query") == f"Instruct: {INSTRUCTION} \n Query: "
    assert cards["Llama-Nemotron-8B"].prompt("query") == f"Instruct: {INSTRUCTION}\nQuery: "
    assert cards["mE5-large"].prompt("document") == "passage: "
    assert cards["mE5-large"].prompt("document", "clustering") == "query: "
    assert cards["EmbGemma-300m"].prompt("query") == "task: search result | query: "
    assert cards["EmbGemma-300m"].prompt("document", "classification") == "task: classification | query: "
    assert cards["Stella-1.5B"].prompt("query").endswith("that answer the query.\nQuery: ")
    assert cards["Jina-v3"].prompt("query", "clustering") == ""
    assert cards["Jina-v3"].encode_task("query", "clustering") == "separation"
    assert cards["patembed-large"].prompt("query") == "encode query for mixed document retrieval: "


def test_an_instruction_can_be_replaced() -> None:
    ours = find_card("Qwen3-0.6B").model_copy(update={"instruction": "Find similar claims"})
    assert ours.prompt("query") == "Instruct: Find similar claims\nQuery:"


def test_families_differ_in_size_only() -> None:
    cards = load_registry()
    families = {card.family for card in cards.values() if card.family}
    for family in families:
        sizes = [card.params_m for card in cards.values() if card.family == family]
        assert len(sizes) > 1 and len(set(sizes)) == len(sizes)


def test_float16_is_forbidden_for_embedding_gemma_only() -> None:
    assert [name for name, card in load_registry().items() if "float16" not in card.dtypes] == ["EmbGemma-300m"]


def test_a_misspelt_name_brings_the_nearest() -> None:
    with pytest.raises(PatbenchError, match="Did you mean 'Qwen3-8B'"):
        find_card("qwen3_8b")


def test_a_hub_id_of_the_registry_brings_its_name() -> None:
    with pytest.raises(PatbenchError, match="Write 'BGE-M3' in place of 'BAAI/bge-m3'"):
        find_card("BAAI/bge-m3")
    with pytest.raises(PatbenchError, match="Write 'MiniLM-L6'"):
        find_card("sentence-transformers/all-MiniLM-L6-v2")


@pytest.mark.parametrize("name", ["someone/something", "./tuned", "/models/tuned"])
def test_a_source_without_a_card_asks_for_one(name: str) -> None:
    with pytest.raises(PatbenchError, match="a model without a card"):
        find_card(name)


def test_a_studys_card_comes_first() -> None:
    own = Card(name="BGE-M3", kind="dense", path="x", dim=4)
    assert find_card("BGE-M3", {"BGE-M3": own}) is own
    assert find_card("./tuned", {"./tuned": own}) is own


def test_table_lists_every_model_and_why_it_runs() -> None:
    table = models_table(load_registry().values())
    assert list(table.columns) == COLUMNS
    assert len(table) == 31
    rows = table.set_index("name")
    assert rows.loc["MiniLM-2L", ["runnable", "reason"]].tolist() == [True, "embedded"]
    assert rows.loc["LSA", "reason"] == "built from the collection"


def test_the_room_opens_without_torch() -> None:
    code = (
        "import sys, patbench_lib.models.registry, patbench_lib.models.encoder, patbench_lib.models.table, "
        "patbench_lib.models.check\n"
        "heavy = ('torch', 'transformers', 'sentence_transformers', 'sklearn', 'pandas', 'huggingface_hub')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
