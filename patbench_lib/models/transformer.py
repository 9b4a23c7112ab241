"""What loading and running a transformer takes, whatever it makes of a text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from patbench_lib.models.card import Card


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """Keep the bar of each model's loading off the notebooks' pages."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


def plain_transformer(folder: Path, number_type: Any, trusted: bool) -> Any:
    """Load the transformer of a folder with nothing after it."""
    from sentence_transformers.sentence_transformer.modules import Transformer

    hub = {"trust_remote_code": trusted, "local_files_only": True}
    return Transformer(
        str(folder),
        model_kwargs={**hub, "dtype": number_type},
        processor_kwargs=hub,
        config_kwargs=hub,
        # Stated, for a tokenizer with a chat template would otherwise wrap every text as a chat message.
        modality_config={"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
        module_output_name="token_embeddings",
    )


def token_limit(model: Any, card: Card, asked: int | None, declared: int | None = None) -> int | None:
    """Return the smallest of what card, caller and the transformer's positions allow, else what its files declare."""
    positions = getattr(model.transformers_model.config, "max_position_embeddings", None)
    # Some configurations say -1, or nothing, for "no limit".
    known = [limit for limit in (card.max_tokens, asked, positions) if limit is not None and limit > 0]
    return min(known, default=declared)


def on_device(features: dict[str, Any], device: Any) -> dict[str, Any]:
    """Return a model's input with its tensors where the model is; the input holds other things too."""
    return {
        name: value.to(device, non_blocking=True) if hasattr(value, "to") else value for name, value in features.items()
    }
