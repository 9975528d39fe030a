"""Which tools a conversation declares: everyday ones, invented ones, and the playground's own among them."""

from __future__ import annotations

from functools import lru_cache

from demo_model.data import families, ontology
from demo_model.data.invented import invented_concept
from demo_model.data.ontology import Concept, DraftedTool
from demo_model.data.spin import Speaker
from tools.calculator import SPEC as CALCULATOR
from tools.clock import SPEC as CLOCK
from tools.tool import ToolSpec
from tools.web_page import SPEC as WEB_PAGE
from tools.web_search import SPEC as WEB_SEARCH

BUILT_IN_SPECS = {"calculator": CALCULATOR, "current time": CLOCK, "web search": WEB_SEARCH, "fetch page": WEB_PAGE}


def declared(sp: Speaker, count: int, *, lean: bool = False) -> list[DraftedTool]:
    """Different tools: everyday ones, invented ones, and the built-in ones among them."""
    tools: list[DraftedTool] = []
    taken: set[str] = set()
    used: list[Concept] = []
    invented = sp.chance(0.2)
    if not lean and sp.chance(0.1):
        tools = built_in(sp)
        taken = {tool.spec.name for tool in tools}
        if sp.chance(0.7):
            return tools
    close = 0.45 if sp.chance(0.5) else 0.0
    while len(tools) < count:
        roll = sp.rng.random()
        siblings = _siblings()[used[0]] if used and used[0] in _siblings() and sp.chance(close) else ()
        if siblings:
            concept = sp.pick(siblings)
            close *= 0.8  # there may be no further one
        elif invented and roll < 0.8:
            concept = invented_concept(sp)
        elif roll < 0.13:
            concept = sp.pick(ontology.concepts("built_in"))
        elif roll < 0.47:
            concept = sp.pick(families.related())
        else:
            concept = sp.pick(ontology.everyday())
        if any(_alike(concept, other) for other in used) or (lean and sum(slot.required for slot in concept.slots) > 1):
            continue
        used.append(concept)
        tools.append(ontology.draft(sp, concept, taken, lean=True) if lean else draft_any(sp, concept, taken))
        taken.add(tools[-1].spec.name)
    sp.rng.shuffle(tools)
    return tools


@lru_cache
def _siblings() -> dict[Concept, tuple[Concept, ...]]:
    """For each function those about the same things that do something else: the ones to be told apart."""
    every = (*ontology.everyday(), *families.related())
    return {
        one: found
        for one in every
        if (found := tuple(o for o in every if not set(one.nouns).isdisjoint(o.nouns) and not _alike(one, o)))
    }


def _alike(one: Concept, other: Concept) -> bool:
    """Whether nobody could tell which of the two is asked for."""
    return one is other or not (set(one.nouns).isdisjoint(other.nouns) or set(one.verbs).isdisjoint(other.verbs))


def draft_any(sp: Speaker, concept: ontology.Concept, taken: set[str]) -> DraftedTool:
    """A drafted tool; a built-in concept half of the time exactly as the playground declares it."""
    real = BUILT_IN_SPECS.get(concept.nouns[0])
    if real is not None and real.name not in taken and sp.chance(0.5):
        return as_built_in(concept, real)
    return ontology.draft(sp, concept, taken)


def as_built_in(concept: ontology.Concept, spec: ToolSpec) -> DraftedTool:
    """The playground's own tool."""
    return DraftedTool(
        concept, spec, dict(zip((slot.label for slot in concept.slots), spec.parameters["properties"], strict=False))
    )


def built_in(sp: Speaker) -> list[DraftedTool]:
    """The playground's four tools, as they stand in its page."""
    found = []
    for concept in ontology.concepts("built_in"):
        if concept.nouns[0] == "current time" and sp.chance(0.5) == any(slot.required for slot in concept.slots):
            continue
        found.append((concept, BUILT_IN_SPECS[concept.nouns[0]]))
    unique = {spec.name: as_built_in(concept, spec) for concept, spec in found}
    return list(unique.values())
