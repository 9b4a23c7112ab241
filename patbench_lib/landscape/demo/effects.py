"""What the synthetic landscape plants, and how strongly."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

Strength = Annotated[float, Field(ge=0.0, le=1.0)]


class Effects(BaseModel):
    """Strengths in [0, 1] of the effects that are planted on purpose.

    Each is switched on its own: the inventions, their families, numbers and dates depend on none of them. The defaults
    are round numbers chosen by hand; none is fitted to a published result.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    domain_vocabulary_gap: Strength = 0.6
    """Share of a mechanism's terms for which a domain uses a word of its own. At 0 all domains share one word, so a
    citation into another domain (mostly OUT) is as easy to match in words as what the two inventions have in common."""

    abstract_claims_gap: Strength = 0.6
    """Share of components that the claims name in a legal, generic register ('securing member' for 'buckle'). At 0 the
    claims use the words of the abstract."""

    translation_noise: Strength = 0.6
    """How far texts of CN, JP and KR publications read like machine translation: articles lost, neighbouring words out
    of order, synonyms slipped ('inductor' for 'sensor')."""

    expert_rewriting: Strength = 0.9
    """Share of families whose `dwpi_title` and `dwpi_abstract` are rewritten in one canonical vocabulary, free of the
    effects above. The others carry their own title and abstract there."""

    citations_follow_text: Strength = 0.8
    """Share of citations inside the set that go to inventions with a product, mechanism or task in common. The others
    go to any earlier publication of another family, whatever it says."""

    labels_follow_text: Strength = 0.95
    """Chance that the labels, and likewise the IPC and CPC symbols, of a publication are those of its invention.
    Otherwise they are those of an invention drawn at random."""

    @classmethod
    def default(cls) -> Self:
        """Return the effects of the demo study."""
        return cls()

    @classmethod
    def none(cls) -> Self:
        """Return the null landscape: citations, labels and symbols know nothing of the text.

        No system, view or office can truly differ on it, whatever a study of finite size shows: it calibrates intervals
        and tests.
        """
        return cls(**dict.fromkeys(cls.model_fields, 0.0))
