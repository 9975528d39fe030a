"""Tools nobody has: random words or syllables, so that a tool is known only by what it says."""

from __future__ import annotations

from demo_model.data import words
from demo_model.data.kinds import KINDS, Kind
from demo_model.data.ontology import Concept, Slot
from demo_model.data.spin import Speaker
from demo_model.data.values import decimal, listed, plain, whole


def invented_concept(sp: Speaker) -> Concept:
    """A random function with zero to three parameters and generic ways to ask for it."""
    real = sp.chance(0.6)
    verb = sp.pick(words.VERBS) if real or sp.chance(0.5) else words.syllables(sp.rng, 1, 2)
    adjective = sp.pick(words.ADJECTIVES) + " " if sp.chance(0.35) else ""
    noun = adjective + (sp.pick(words.NOUNS + words.THINGS) if real else words.syllables(sp.rng, 1, 3))
    count = sp.pick((0, 1, 1, 1, 2, 2, 2, 3))
    slots = tuple(invented_slot(sp, index) for index in range(count))
    description = sp.pick(
        (
            f"[{verb.capitalize()}|{verb.capitalize()}s] [the|a|] {noun}",
            f"[{verb.capitalize()}] [a|the|one] {noun} [in|for|of] the {sp.pick(words.NOUNS)}",
            f"[Lets you|Used to|Can] {verb} [the|a|any] {noun}",
            f"{noun.capitalize()}: {verb} it",
        )
    )
    named = noun if sp.chance(0.85) else words.syllables(sp.rng, 1, 3)
    return Concept(
        (named,),
        (verb if sp.chance(0.85) else words.letters(sp.rng),),
        description,
        slots,
        tuple(invented_asks(verb, noun)),
    )


def invented_slot(sp: Speaker, index: int) -> Slot:
    """A parameter of a known kind, an invented one, an enum or a flag."""
    roll = sp.rng.random()
    if roll < 0.4:
        name = sp.pick(tuple(KINDS))
        return Slot(f"{name}{index}", KINDS[name], name, sp.chance(0.75))
    label = sp.pick(words.NOUNS) if sp.chance(0.6) else words.syllables(sp.rng, 1, 2)
    label = f"{label}_{sp.pick(words.NOUNS)}" if sp.chance(0.15) else label
    if roll < 0.55:
        options = tuple(dict.fromkeys(words.content_word(sp.rng).split()[0] for _ in range(sp.rng.randint(2, 4))))
        return Slot(label, None, "enum", sp.chance(0.7), options, fixed_name=True)
    if roll < 0.62:
        return Slot(label, None, "flag", False, is_flag=True, fixed_name=True)
    return Slot(label, invented_kind(sp, label), "invented", sp.chance(0.75), fixed_name=True)


def invented_kind(sp: Speaker, label: str) -> Kind:
    """A kind whose values say nothing about it."""
    said = label.replace("_", " ")
    descriptions = (f"[The|A|] {said}[ to use|]", f"{said.capitalize()} of the {sp.pick(words.NOUNS)}", f"Which {said}")
    phrases = (
        f"with [the|] {said} {{v}}",
        f"{said} {{v}}",
        f"{said}: {{v}}",
        f"[and|using] {{v}} as [the|] {said}",
        f"where [the|] {said} is {{v}}",
        f"({said} {{v}})",
        f"for {said} {{v}}",
        f"{said} = {{v}}",
    )
    roll = sp.rng.random()
    if roll < 0.55:
        return Kind(
            "string",
            (label,),
            descriptions,
            phrases,
            plain(lambda rng: words.phrase(rng, 1, 3) if rng.random() < 0.6 else words.proper(rng)),
        )
    if roll < 0.75:
        return Kind(
            "integer",
            (label,),
            descriptions,
            phrases,
            whole(-20 if sp.chance(0.2) else 0, 9 if sp.chance(0.4) else 5000),
        )
    if roll < 0.9:
        return Kind("number", (label,), descriptions, phrases, decimal(-100, 1000, 3))
    return Kind("array", (label,), descriptions, phrases, listed(lambda rng: words.content_word(rng).split()[0]))


def invented_asks(verb: str, noun: str) -> list[str]:
    """Requests for it; parameters are added as phrases by the composer."""
    return [
        f"{verb} [the|a|my|this|] {noun}",
        f"[I|we] [want|need|would like] to {verb} [the|a|my|this|] {noun}",
        f"{noun}: {verb} it",
        f"{verb} [that|our|one] {noun}",
        f"[is it possible to|how about we|time to|let's] {verb} [the|a|my|] {noun}",
        f"the {noun} [needs you to|has to be:|wants] {verb}",
    ]
