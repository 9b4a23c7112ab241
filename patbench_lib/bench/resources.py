"""What a step asks of a cluster: memory, time and a GPU, estimated from the model's card and the study.

Estimates are made before anything is read, so they are rough and on the generous side. A step that was stopped for
want of either is tried again with more (see `Need.times`), and goes on where it stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from patbench_lib.landscape.spec import DemoSource, Source
from patbench_lib.models.card import BYTES, Card
from patbench_lib.study import Study

BASE_MB = 4000
"""Memory of a process with its libraries, a landscape and its texts."""

PUBLICATIONS = 100_000
"""Publications of a landscape that has to be read to be counted."""

TOKENS = 2_000
"""Tokens of a text of title, abstract and claims: a model with no lower limit reads about so many."""

STARTING, LONGEST = 20, 24 * 60
"""Minutes of loading and of margin, and the longest that is asked for: most clusters refuse more."""

CORE_FLOPS, GPU_FLOPS = 3e10, {"float32": 1e13, "bfloat16": 6e13, "float16": 6e13}
"""Operations a second that inference reaches on a core and on a GPU, by number type: a third of a common one's best."""

MB = 1_000_000


@dataclass(frozen=True)
class Need:
    """What a job asks for: memory in MB, minutes, GPUs."""

    mem_mb: int
    runtime: int
    gpu: int = 0

    def times(self, attempt: int) -> Self:
        """Return the need of a later attempt: more memory and time each time, as far as time may go."""
        return type(self)(self.mem_mb * attempt, min(self.runtime * attempt, LONGEST), self.gpu)


def publications(study: Study) -> int:
    """Return the publications of a study's landscapes, as far as they are known before these are read."""
    specs: list[Source] = [study.landscape, *([study.external] if study.external else [])]
    return sum(spec.publications if isinstance(spec, DemoSource) else PUBLICATIONS for spec in specs)


def encoding_need(study: Study, card: Card, *, cores: int, shards: int = 1, gpu: bool = False) -> Need:
    """Return what encoding all views of a study takes, or one of so many shards of it.

    Parameters
    ----------
    cores : processor cores of the job.
    gpu : whether there are GPUs; one is asked for where the model is a transformer.
    """
    heavy, compute = is_transformer(card), study.encoding.compute
    limits = [limit for limit in (card.max_tokens, study.encoding.max_tokens, TOKENS) if limit]
    operations = 2 * _parameters(card) * publications(study) * len(study.views) * min(limits)
    speed = GPU_FLOPS[compute] if gpu and heavy else CORE_FLOPS * cores
    minutes = STARTING + operations / speed / shards / 60
    # Weights are in memory twice while they are loaded; a batch's activations are some tens of vectors a token.
    batch = 40 * study.encoding.batch_tokens * (card.dim or 0) * BYTES[compute]
    memory = BASE_MB + (2 * _parameters(card) * BYTES[compute] + batch) / MB
    return Need(round(memory), min(round(minutes), LONGEST), int(gpu and heavy))


def training_need(study: Study, card: Card, *, gpu: bool = False) -> Need:
    """Return what fine-tuning a model and testing it takes: weights, gradients and two moments, in single precision."""
    memory = BASE_MB + 4 * _parameters(card) * BYTES["float32"] / MB
    return Need(round(memory) + searching_need(study, card).mem_mb, LONGEST, int(gpu))


def searching_need(study: Study, card: Card) -> Need:
    """Return what ranking, classifying or clustering by a model's vectors takes: the vectors, and copies of them."""
    vectors = 4 * publications(study) * (card.dim or 0) * BYTES["float32"]
    late = study.late_interaction.max_mb if card.kind == "late-interaction" else 0
    return Need(round(BASE_MB + vectors / MB + study.search.block_mb + late), LONGEST // 4)


def is_transformer(card: Card) -> bool:
    """Tell whether a model takes long to read a text: worth a GPU, all cores, or shards of its own."""
    return card.kind in ("dense", "late-interaction")


def _parameters(card: Card) -> float:
    """Return a model's parameters; one that does not say has the 100 million of a usual one, lexical ones none."""
    return 1e6 * (card.params_m or (100 if is_transformer(card) else 0))
