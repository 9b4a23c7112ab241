"""A system of a study as MTEB's metadata of a model: the names of the folders that its results lie in."""

from __future__ import annotations

from mteb.models.model_meta import ModelMeta

from patbench_lib.models.card import Card
from patbench_lib.study import Study, digest


def model_meta(card: Card, study: Study) -> ModelMeta:
    """Return the metadata of a system as a study runs it.

    A whole model of the hub is called by its id there and carries its revision. Anything else, a lexical system or the
    first layers of a model, is one of PatBench's, and its revision a digest of its card. What a study changes of how a
    model is run makes an experiment, which MTEB keeps in a folder of its own.
    """
    whole = card.kind in ("dense", "late-interaction") and card.hf_id is not None and card.layers is None
    lexical = card.kind == "lexical"
    changed = {"bm25": study.bm25.model_dump_json()} if lexical else _changed(card, study)
    return ModelMeta(
        loader=None,
        name=card.hf_id if whole else f"patbench/{card.name}",
        revision=(card.revision if whole else None) or digest(card),
        release_date=None,
        languages=None,
        n_parameters=int(card.params_m * 1e6) if card.params_m else None,
        memory_usage_mb=None,
        max_tokens=card.max_tokens,
        embed_dim=card.dim,
        license=None,
        open_weights=True,
        public_training_code=None,
        public_training_data=None,
        framework=[],
        similarity_fn_name="MaxSim" if card.kind == "late-interaction" else "dot",
        use_instructions=bool(card.prompts),
        training_datasets=None,
        model_type=["sparse" if lexical else "late-interaction" if card.kind == "late-interaction" else "dense"],
        experiment_kwargs=changed or None,
    )


def _changed(card: Card, study: Study) -> dict[str, object]:
    limit, encoding = study.encoding.max_tokens, study.encoding
    changed: dict[str, object] = {}
    if limit is not None and (card.max_tokens is None or limit < card.max_tokens):
        changed["max_tokens"] = limit
    if encoding.compute != "float32":
        changed["compute"] = encoding.compute
    return changed
