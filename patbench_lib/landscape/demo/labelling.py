"""Label sets, IPC and CPC symbols of a publication."""

from __future__ import annotations

from dataclasses import dataclass

from patbench_lib.landscape.demo.draw import Draw
from patbench_lib.landscape.demo.effects import Effects
from patbench_lib.landscape.demo.invention import Invention
from patbench_lib.landscape.demo.vocabulary import Vocabulary


@dataclass(frozen=True)
class Filing:
    """Where a publication is filed."""

    domains: list[str]
    products: list[str]
    technologies: list[str]
    ipc: list[str]
    cpc: list[str]


def filing(words: Vocabulary, invention: Invention, ghost: Invention, effects: Effects, draw: Draw) -> Filing:
    """File a publication, by its invention or, with chance ``1 - labels_follow_text``, by the `ghost` of another.

    The draw is made for each publication, not for each family: otherwise, in the null landscape, members of a family
    would give away each other's labels.
    """
    labelled = invention if draw.chance(effects.labels_follow_text) else ghost
    classed = invention if draw.chance(effects.labels_follow_text) else ghost
    domains = [labelled.domain.name, *(name for name in labelled.product.also if draw.chance(0.5))]
    products = [labelled.product.label]
    second = draw.pick(words.products)
    if draw.chance(0.08) and second.domain in domains and second.label not in products:
        products.append(second.label)
    main, *rest = classed.product.ipc
    # A symbol of the mechanism on every publication would make all pairs that share it IN: IPC names it now and then,
    # CPC, which is finer, mostly.
    ipc = [main, *(symbol for symbol in rest if draw.chance(0.5))]
    ipc += [symbol for symbol in classed.main.ipc[:1] if draw.chance(0.25)]
    cpc = [*classed.product.ipc, *(symbol for symbol in classed.main.ipc if draw.chance(0.8))]
    cpc += [symbol for symbol in classed.side.ipc[:1] if draw.chance(0.4)]
    technologies = [*labelled.main.technology, *(name for name in labelled.side.technology[:1] if draw.chance(0.6))]
    return Filing(_once(domains), products, _once(technologies), _once(ipc), _once(cpc))


def _once(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))
