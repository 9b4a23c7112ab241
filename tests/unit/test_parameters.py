from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from patbench_lib.errors import PatbenchError
from patbench_lib.parameters import dump_study, make_study, read_study, study_from_notebook, study_schema
from patbench_lib.study import Study

ROOT = Path(__file__).parents[2]

CARD = {"name": "mine", "kind": "dense", "path": "models/mine", "dim": 8, "max_tokens": 16, "pooling": "mean"}

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"detph": 50}, "`detph` is not a parameter; did you mean `depth`?"),
    ({"qqq": 50}, "`qqq` is not a parameter; known here: allow_remote_code, baseline,"),
    (
        {"landscape": {"source": "demo", "publicatons": 30}},
        "`landscape.publicatons` is not a parameter; did you mean `publi",
    ),
    (
        {"landscape": {"source": "table", "name": "x", "path": "p", "colums": {}}},
        "`landscape.colums` is not a parameter; did you mean `columns`?",
    ),
    ({"external": {"source": "demo", "sed": 1}}, "`external.sed` is not a parameter; did you mean `seed`?"),
    ({"relevance": {"relaton": "cites"}}, "`relevance.relaton` is not a parameter; did you mean `relation`?"),
    ({"bm25": {"stemer": "none"}}, "`bm25.stemer` is not a parameter; did you mean `stemmer`?"),
    ({"encoding": {"batch_token": 64}}, "`encoding.batch_token` is not a parameter; did you mean `batch_tokens`?"),
    ({"finetuning": {"lora": {"rnk": 4}}}, "`finetuning.lora.rnk` is not a parameter; did you mean `rank`?"),
    ({"finetuning": {"recipes": ["R5"]}}, "`finetuning.recipes.0` cannot be 'R5'"),
    ({"finetuning": {"recipes": ["R1", "R1"]}}, "recipes names R1 twice"),
    ({"finetuning": {"models": ["BM25"]}}, "finetuning.models names BM25, which is a lexical model; it takes dense"),
    ({"finetuning": {"models": ["MiniLM-L5"]}}, "Did you mean 'MiniLM-L6'?"),
    ({"finetuning": {"development": 0.5, "test": 0.5}}, "development 0.5 and test 0.5 leave nothing to train on"),
    ({"finetuning": {"view_pair": ["claims", "claims"]}}, "view_pair names claims twice"),
    ({"finetuning": {"batch": 1}}, "`finetuning.batch`: Input should be greater than or equal to 2"),
    ({"finetuning": {"label_sets": ["colour"]}}, "label_sets names colour, not one of labels.sets: at_domain, at_pro"),
    ({"statistics": {"resample": 500}}, "`statistics.resample` is not a parameter; did you mean `resamples`?"),
    ({"models": [{**CARD, "poling": "mean"}]}, "`models.0.poling` is not a parameter; did you mean `pooling`?"),
    (
        {"landscape": {"source": "demo", "effects": {"translation_nois": 1}}},
        "`landscape.effects.translation_nois` is not a parameter; did you mean `translation_noise`?",
    ),
    ({"landscape": {"name": "x", "path": "p"}}, "`landscape` does not say its `source`: table or demo"),
    ({"landscape": {"source": "tabel", "name": "x"}}, "`landscape` cannot be 'tabel'; did you mean 'table'?"),
    ({"landscape": {"source": "table", "name": "x"}}, "`landscape.path`: Field required"),
    (
        {"landscape": {"source": "demo", "effects": "nonee"}},
        "`landscape.effects` cannot be 'nonee'; did you mean 'none'?",
    ),
    ({"landscape": {"source": "demo", "name": "a/b"}}, "`landscape.name`: String should match pattern"),
    ({"landscape": "demo"}, "`landscape` must be a mapping of keys to values, not 'demo'"),
    ({"relevance": "cites"}, "`relevance` must be a mapping of keys to values, not 'cites'"),
    ({"views": "TA"}, "`views` must be a list, not 'TA'"),
    ({"systems": None}, "`systems` must be a list, not None"),
    ({"name": 2007}, "`name` must be text, not 2007"),
    ({"name": "My Study"}, "`name`: String should match pattern"),
    ({"depth": "many"}, "`depth`: Input should be a valid integer"),
    ({"depth": 1.5}, "`depth`: Input should be a valid integer"),
    ({"depth": 0}, "`depth`: Input should be greater than or equal to 1"),
    ({"bm25": {"b": 1.5}}, "`bm25.b`: Input should be less than or equal to 1"),
    ({"views": ["TA", "TAX"]}, "`views.1` cannot be 'TAX'; did you mean 'TA'?"),
    ({"views": []}, "`views`: Tuple should have at least 1 item"),
    ({"relevance": {"relation": "cite"}}, "`relevance.relation` cannot be 'cite'; did you mean 'cites'?"),
    ({"search": {"backend": "approximate"}}, "`search.backend` cannot be 'approximate'; one of exact, faiss"),
    ({"measures": ["ndcg@10"]}, "`measures.0`: String should match pattern"),
    ({"views": ["TA", "C1", "TA"]}, "views names TA twice"),
    ({"systems": ["BM25", "LSA", "LSA"]}, "systems names LSA twice"),
    ({"labels": {"sets": ["a", "b", "a"]}}, "sets names a twice"),
    ({"clustering": {"ks": [2, 4, 2]}}, "ks names 2 twice"),
    ({"clustering": {"transforms": ["raw", "raw"]}}, "transforms names raw twice"),
    ({"classification": {"baselines": ["prior", "TF-IDF", "prior"]}}, "baselines names prior twice"),
    ({"classification": {"strengths": [1, 10, 1.0]}}, "strengths names 1.0 twice"),
    ({"classification": {"curve": [0.5, 1.0, 0.5]}}, "curve names 0.5 twice"),
    ({"depth": 5}, "main_measure nDCG@10 looks deeper than depth 5"),
    ({"main_measure": "P@5"}, "main_measure 'P@5' is not one of measures: nDCG@10,"),
    ({"systems": ["BM25", "MiniLM-L5"]}, "Did you mean 'MiniLM-L6'?"),
    ({"systems": ["BM25", "owner/model"]}, "'owner/model' is a model without a card."),
    ({"allow_remote_code": ["Jina-v4"]}, "Did you mean 'Jina-v3'?"),
    ({"systems": ["LSA"]}, "baseline 'BM25' is not one of systems: LSA"),
    (
        {"systems": ["BM25", "EmbGemma-300m"], "encoding": {"compute": "float16"}},
        "encoding.compute float16 ruins EmbGemma-300m; its card allows float32, bfloat16",
    ),
    (
        {"bm25": {"implementation": "rank-bm25"}},
        "`bm25`: rank-bm25 computes okapi and bm25+ as published, not 'lucene'",
    ),
    (
        {"bm25": {"variant": "okapi"}},
        "`bm25`: variant okapi (with its floor for negative weights) is of implementation",
    ),
    ({"external": {"source": "demo", "name": "assistive"}}, "landscape and external have the same name 'assistive'"),
    (
        {"models": [{**CARD, "name": "my model"}]},
        "models are named by letters, digits and any of .+-_, unlike my model",
    ),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_a_wrong_study_is_told_by_file_and_key_with_the_nearest_name(content: dict[str, Any], said: str) -> None:
    with pytest.raises(PatbenchError) as told:
        make_study(content, where="params/x.yaml")
    assert said in str(told.value)
    assert str(told.value).startswith("params/x.yaml: ")
    assert "literal[" not in str(told.value) and "For further information" not in str(told.value)


def test_every_problem_is_told_on_a_line_of_its_own() -> None:
    with pytest.raises(PatbenchError) as told:
        make_study({"detph": 1, "bm25": {"k1": "high"}, "views": ["TAX"]}, where="x.yaml")
    lines = str(told.value).splitlines()
    assert len(lines) == 3 and all(line.startswith("x.yaml: `") for line in lines)
    assert {line.split("`")[1] for line in lines} == {"detph", "bm25.k1", "views.0"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no `key: value` pairs"),
        (b"- a\n- b\n", "holds no `key: value` pairs"),
        (b"views: [TA\n", "is not readable YAML"),
        ("title: Gerät\n".encode("cp1252"), "is not readable YAML"),
        (b"name: !!python/object/apply:os.getcwd []\n", "is not readable YAML"),
        (b"depth: 50\nseed: 1\ndepth: 60\n", "`depth` is written twice"),
        (b"bm25: {k1: 1, b: 0.5, k1: 2}\n", "`k1` is written twice"),
        (b"detph: 50\n", "did you mean `depth`?"),
    ],
)
def test_a_file_that_is_no_study_is_told_by_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(content)
    with pytest.raises(PatbenchError) as told:
        read_study(path)
    assert said in str(told.value) and "odd.yaml" in str(told.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(PatbenchError, match=r"No study file at .*gone\.yaml"):
        read_study(tmp_path / "gone.yaml")
    with pytest.raises(PatbenchError, match="cannot be read"):
        read_study(tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "params").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_study_loads_is_dumped_and_fits_the_schema(path: Path, tmp_path: Path) -> None:
    study = read_study(path)
    written = tmp_path / "again.yaml"
    written.write_text(dump_study(study), encoding="utf-8")
    assert read_study(written) == study
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), json.loads(study_schema()))


def test_the_demo_file_is_the_defaults() -> None:
    assert read_study(ROOT / "params" / "demo.yaml") == Study()
    assert set(yaml.safe_load((ROOT / "params" / "demo.yaml").read_text(encoding="utf-8"))) == set(Study.model_fields)


def test_the_schema_is_closed_and_refuses_what_the_study_refuses() -> None:
    schema = json.loads(study_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    for wrong in ({"detph": 50}, {"views": ["TAX"]}, {"bm25": {"k": 1}}, {"depth": 0}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def notebook(*cells: str) -> dict[str, Any]:
    """Run cells as a notebook does, up to the one that reads the parameters."""
    namespace: dict[str, Any] = {"In": [""]}
    for cell in cells:
        namespace["In"].append(cell)
        if "study_from_notebook" not in cell and not cell.startswith("%"):
            exec(cell, namespace)
    return namespace


READS = "from patbench_lib.parameters import study_from_notebook\nstudy = study_from_notebook(globals())"


def test_a_notebooks_parameters_are_what_its_cells_assign_before_reading_them() -> None:
    cells = ["depth: int = 100\nviews: list = ['TA']\n", "# Parameters\ndepth = 50\n", "%matplotlib inline", READS]
    study = study_from_notebook(notebook(*cells, "other = 3\n"))
    assert study == Study(depth=50, views=("TA",))


def test_an_unknown_parameter_of_a_notebook_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(PatbenchError) as told:
        study_from_notebook(notebook("depth: int = 100\n", "# Parameters\ndetph = 50\n", READS))
    assert str(told.value) == "the notebook's parameters: `detph` is not a parameter; did you mean `depth`?"


def test_reading_the_parameters_again_later_reads_the_same_ones() -> None:
    namespace = notebook("depth: int = 50\n", READS, "seeds = [1, 2]\n", READS)
    assert study_from_notebook(namespace) == Study(depth=50)


def test_a_notebook_without_parameters_has_the_defaults() -> None:
    assert study_from_notebook({}) == Study()
