"""The trainer of sentence-transformers with planned batches, masked negatives, and a stop where the loss diverges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from patbench_lib.errors import PatbenchError
from patbench_lib.finetune.checkpoints import drop_damaged, last_checkpoint, prune, seal
from patbench_lib.finetune.sampler import PlannedBatches
from patbench_lib.finetune.settings import Finetuning
from patbench_lib.finetune.trainable import Trainable, learning_rate
from patbench_lib.types import Ints

METRIC = "development"
_STATE = "trainer_state.json"
_WEIGHTS = "trained.safetensors"


def arguments(
    trainable: Trainable, settings: Finetuning, work: Path, *, seed: int, steps: int, watched: bool, columns: list[str]
) -> Any:
    """Return the trainer's arguments.

    Parameters
    ----------
    work : folder of the checkpoints.
    steps : optimiser steps of the whole training; checkpoints and looks at the development queries divide it evenly.
    watched : whether there are development queries to look at.
    columns : of the texts, the anchor first.
    """
    from sentence_transformers import SentenceTransformerTrainingArguments

    card = trainable.card
    prompts = {name: card.prompt("document" if place else "query") for place, name in enumerate(columns)}
    every = -(-steps // settings.looks)
    return SentenceTransformerTrainingArguments(
        output_dir=str(work),
        # The plan has the batches of all epochs: to the trainer it is one long epoch, in which it finds its place.
        num_train_epochs=1,
        per_device_train_batch_size=settings.batch,
        learning_rate=learning_rate(card, settings),
        warmup_steps=settings.warmup,
        seed=seed,
        bf16=settings.precision == "bfloat16",
        fp16=settings.precision == "float16",
        use_cpu=trainable.device == "cpu",
        prompts={name: text for name, text in prompts.items() if text},
        logging_steps=max(1, every // 4),
        logging_nan_inf_filter=False,
        eval_strategy="steps" if watched else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        load_best_model_at_end=watched,
        metric_for_best_model=METRIC if watched else None,
        greater_is_better=True if watched else None,
        restore_callback_states_from_checkpoint=True,
        dataloader_pin_memory=False,
        report_to="none",
        disable_tqdm=True,
    )


def make_trainer(
    trainable: Trainable,
    columns: Mapping[str, list[Any]],
    plan: Ints,
    loss: Any,
    args: Any,
    *,
    patience: int,
    look: Callable[[], float] | None,
) -> Any:
    """Return a trainer that is ready to start or to go on.

    Parameters
    ----------
    columns : texts by column, then "label", the pairs' numbers.
    plan : numbers of pairs, shape [steps, batch].
    look : scores the model on the development queries.
    """
    from datasets import Dataset
    from transformers import EarlyStoppingCallback, PrinterCallback

    trainer = _trainer_of(plan, trainable.card.name)(
        model=trainable.model,
        args=args,
        train_dataset=Dataset.from_dict(dict(columns)),
        loss=loss,
        evaluator=_evaluator(look) if look else None,
        callbacks=[EarlyStoppingCallback(patience)] if look else [],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _evaluator(look: Callable[[], float]) -> Any:
    from sentence_transformers.base.evaluation import BaseEvaluator

    class Look(BaseEvaluator):  # type: ignore[misc]  # the library has no types
        def __call__(self, model: Any, *_: Any, **__: Any) -> dict[str, float]:
            return {METRIC: look()}

    return Look()


def _trainer_of(plan: Ints, name: str) -> Any:
    """Return the class of the trainer: planned batches, checkpoints of what is trained alone, a stop at divergence."""
    import torch
    from safetensors.torch import load_file, save_file
    from sentence_transformers import SentenceTransformerTrainer

    class PlannedTrainer(SentenceTransformerTrainer):  # type: ignore[misc]  # the library has no types
        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            """Write no card of the library's: the folder has one of our own."""

        def get_batch_sampler(self, dataset: Any, *_: Any, **__: Any) -> Any:
            return PlannedBatches(plan)

        def evaluate(self, *values: Any, **named: Any) -> Any:
            # A look draws random numbers, and would change the dropout after it.
            with torch.random.fork_rng():
                return super().evaluate(*values, **named)

        def compute_loss(self, *values: Any, **named: Any) -> Any:
            loss = super().compute_loss(*values, **named)
            value = float((loss[0] if isinstance(loss, tuple) else loss).detach())
            if not abs(value) < float("inf"):
                raise _diverged(self, name, f"its loss is {value}", self.state.global_step + 1)
            return loss

        def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
            trained = {each: weight.detach() for each, weight in _trained(self.model).items()}
            if not all(bool(torch.isfinite(weight).all()) for weight in trained.values()):
                raise _diverged(self, name, "its weights are no longer numbers", self.state.global_step)
            folder = Path(output_dir or self.args.output_dir)
            folder.mkdir(parents=True, exist_ok=True)
            save_file({each: weight.contiguous() for each, weight in trained.items()}, folder / _WEIGHTS)

        def _save_checkpoint(self, *values: Any, **named: Any) -> None:
            super()._save_checkpoint(*values, **named)
            self.accelerator.wait_for_everyone()  # each process writes the state of its random numbers
            if self.is_world_process_zero():
                work, newest = Path(self.args.output_dir), f"checkpoint-{self.state.global_step}"
                seal(work / newest)
                # Not left to the library, which takes the one of the oldest date for the oldest.
                prune(work, {newest, Path(self.state.best_model_checkpoint or newest).name})

        def _load_best_model(self) -> None:
            # The library's goes on with the last weights where the best are missing.
            self._load_from_checkpoint(self.state.best_model_checkpoint)

        def _load_from_checkpoint(self, checkpoint_path: str, model: Any = None) -> None:
            found = load_file(Path(checkpoint_path) / _WEIGHTS)
            with torch.no_grad():
                for each, weight in _trained(self.model).items():
                    weight.copy_(found[each])

    return PlannedTrainer


def _diverged(trainer: Any, name: str, sign: str, step: int) -> PatbenchError:
    kept = last_checkpoint(Path(trainer.args.output_dir))
    return PatbenchError(
        f"The training of '{name}' diverged at step {step} of {trainer.state.max_steps}: {sign}.",
        why=f"The last good weights are kept in {kept}." if kept else "There is no good checkpoint before it.",
        todo="Lower `finetuning.learning_rate`, raise `warmup`, or train in float32.",
    )


def run(trainer: Any, work: Path) -> None:
    """Start a training or go on with it; of one that had ended, and was not saved, take the weights that it found."""
    from transformers import TrainerState

    if trainer.is_world_process_zero():
        drop_damaged(work)
    trainer.accelerator.wait_for_everyone()
    checkpoint = last_checkpoint(work)
    if checkpoint is None:
        trainer.train()
        return
    state = TrainerState.load_from_json(str(checkpoint / _STATE))
    if state.stateful_callbacks["TrainerControl"]["args"]["should_training_stop"]:
        # Gone on with, one that stopped early would learn a step more before it found so.
        trainer.state = state
        trainer._load_from_checkpoint(str(work / Path(state.best_model_checkpoint or checkpoint).name))
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint))


def _trained(model: Any) -> dict[str, Any]:
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
