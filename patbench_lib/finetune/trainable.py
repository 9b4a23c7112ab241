"""A model as it is trained: loaded by its card, in single precision, whole or through adapters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.settings import Finetuning, Lora
from patbench_lib.models.card import Card
from patbench_lib.models.dense import DenseEncoder
from patbench_lib.models.encoder import load_encoder
from patbench_lib.models.permission import pick_device
from patbench_lib.models.static import StaticEncoder
from patbench_lib.models.transformer import token_limit

LORA_FROM_M = 400
"""Millions of parameters from which `lora.use: auto` trains adapters: with AdamW, whole weights take 16 bytes each."""


@dataclass(frozen=True)
class Trainable:
    """A model in training.

    Attributes
    ----------
    encoder : the encoder that shares the weights being trained; it reads texts as any other of its kind.
    model : the SentenceTransformer with all its modules, normalisation included where the card has it.
    adapters : the peft model around the transformer, None where all weights are trained.
    """

    encoder: DenseEncoder | StaticEncoder
    model: Any
    adapters: Any = None

    @property
    def card(self) -> Card:
        """The card of the model that training starts from."""
        return self.encoder.card

    @property
    def device(self) -> str:
        """Where it is trained."""
        return str(self.model.device)

    def finished(self) -> Any:
        """Return the model to be saved: adapters merged into the weights, texts cut off where the card has it."""
        if self.adapters is not None:
            self.adapters.merge_and_unload()
        if isinstance(self.encoder, DenseEncoder):
            limit = token_limit(self.model, self.card, None, self.encoder.declared_max_tokens)
            if limit is not None:
                self.model.max_seq_length = limit
        return self.model.eval()


def load_trainable(card: Card, settings: Finetuning, *, allow_remote_code: Collection[str] = ()) -> Trainable:
    """Load a model for training.

    Raises
    ------
    PatbenchError
        Where a package that training needs is missing, the model is of a kind that is not trained here, or the device
        cannot train in the precision asked for.
    """
    check_trainable(card, settings)
    # A static model is a table lookup: moving its input to a GPU takes longer than reading the table.
    device = "cpu" if card.kind == "static" else pick_device(settings.device)
    if settings.precision == "float16" and device == "cpu":
        raise PatbenchError(
            f"'{card.name}' cannot be trained in float16 on a CPU.",
            why="The gradients of float16 need a scaler that CPUs do not have.",
            todo="Set `finetuning.precision` to float32 or bfloat16.",
        )
    whole = load_whole(card, max_tokens=settings.max_tokens, device=device, allow_remote_code=allow_remote_code)
    return replace(whole, adapters=_add_lora(whole.model, settings.lora)) if uses_lora(card, settings.lora) else whole


def load_whole(
    card: Card, *, max_tokens: int | None = None, device: str, allow_remote_code: Collection[str] = ()
) -> Trainable:
    """Load a transformer or a static model with all its weights in single precision."""
    encoder = load_encoder(card, max_tokens=max_tokens, device=device, allow_remote_code=allow_remote_code)
    if isinstance(encoder, StaticEncoder):
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(modules=[encoder.module], device="cpu")
    elif isinstance(encoder, DenseEncoder):
        model = encoder.model
    else:
        raise AssertionError(f"check_trainable let a {card.kind} model through")
    _normalise(model, card)
    return Trainable(encoder, model)


def check_trainable(card: Card, settings: Finetuning) -> None:
    """Raise PatbenchError where a model cannot be trained at all; nothing is loaded for it."""
    if missing := [package for package in ("accelerate", "datasets") if find_spec(package) is None]:
        raise PatbenchError(
            f"Training needs {' and '.join(missing)}, which this environment has not.",
            why="sentence-transformers trains through them.",
            todo="Install them: `pip install 'sentence-transformers[train]'`.",
        )
    if card.kind not in ("dense", "static"):
        raise PatbenchError(
            f"'{card.name}' is a {card.kind} model, and those are not fine-tuned here.",
            todo="Name transformers with one vector a text, or static models, in `finetuning.models`.",
        )
    if card.encode_tasks:
        raise PatbenchError(
            f"'{card.name}' has adapters of its own for each task, and is not fine-tuned here.",
            why="It is not known which of them a signal should change.",
            todo="Leave it out of `finetuning.models`.",
        )
    if uses_lora(card, settings.lora) and find_spec("peft") is None:
        raise PatbenchError(
            f"'{card.name}' is to be trained through LoRA adapters, and peft is not installed.",
            todo="Install the extra: `pip install 'patbench[lora]'`, or set `finetuning.lora.use` to off.",
        )


def can_be_tuned(card: Card) -> bool:
    """Tell whether models of a card's kind are fine-tuned here, whatever this environment has installed."""
    return card.kind in ("dense", "static") and not card.encode_tasks


def uses_lora(card: Card, lora: Lora) -> bool:
    """Tell whether adapters are trained in place of all weights."""
    if card.kind != "dense" or lora.use == "off":
        return False
    return lora.use == "on" or (card.params_m or 0) >= LORA_FROM_M


def learning_rate(card: Card, settings: Finetuning) -> float:
    """Return the rate that a model is trained at: that of static models, of adapters, or of whole transformers."""
    if card.kind == "static":
        return settings.static_learning_rate
    return settings.lora.learning_rate if uses_lora(card, settings.lora) else settings.learning_rate


def _normalise(model: Any, card: Card) -> None:
    """Give the model the normalisation that our encoders do by themselves, for those who use it without them."""
    from sentence_transformers.sentence_transformer.modules import Normalize

    if card.normalise and not any(isinstance(module, Normalize) for module in model.children()):
        model.append(Normalize())


def _add_lora(model: Any, lora: Lora) -> Any:
    """Freeze the model and put adapters beside every linear layer of its transformer."""
    from peft import LoraConfig, get_peft_model

    model.requires_grad_(False)
    config = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, lora_dropout=0.0, target_modules="all-linear")
    return get_peft_model(model.transformers_model, config)
