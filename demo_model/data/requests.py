"""How people ask: a core request, values in any order, extras, politeness, asides, sloppy typing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from demo_model.data import words
from demo_model.data.ontology import DraftedTool, Slot
from demo_model.data.spin import Run, Speaker, tidy
from demo_model.data.wording import patterns

QUESTION = re.compile(
    r"(what|how|is|are|am|do|does|did|will|which|who|when|where|has|have|can|could|any|should|would|may|why|was|were"
    r"|whose|against|since when|until when|(in|at|on) (which|what)|by what|for how|to which)\b"
    r"|what's|how's|who's|where's"
)
STATEMENT = re.compile(
    r"(i|i'm|i'd|i'll|we|we're|my|the|it's|it|our|there|that's|nobody's|nobody|everything|everybody|something|if|as"
    r"|before|after|once|while|from|between|instead|next time|since|until|with|winter|grandma|customers|users|sales"
    r"|spots|bread|boring|sorry|done|maybe|never|just|one|only|no|not|quick|help|black)\b"
)
OPEN_ENDED = {
    "message",
    "text",
    "title",
    "query",
    "topic",
    "subject",
    "code",
    "groceries",
    "tags",
    "song",
    "work",
    "food",
    "product",
}
SENTENCES = {"message", "text", "title", "code"}


@dataclass(frozen=True)
class Request:
    """A finished request and the call that answers it."""

    text: str
    tool: DraftedTool
    arguments: Mapping[str, Any]


@dataclass
class Core:
    """A request while it is being put together."""

    runs: list[Run]
    arguments: dict[str, Any]
    last_kind: str = ""


def value_of(sp: Speaker, slot: Slot) -> tuple[Any, str]:
    """A value for a slot and how it is said."""
    if slot.options:
        value = sp.pick(slot.options)
        return value, value.replace("_", " ") if sp.chance(0.5) else value
    assert slot.kind is not None
    value, said = slot.kind.sample(sp.rng)
    if isinstance(value, str) and value == said and sp.chance(0.1):
        value = said = said.lower() if sp.chance(0.8) else said.upper()
    return value, said


def compose_core(sp: Speaker, tool: DraftedTool) -> Core:
    """The request itself: an ask with its values, then what the ask did not say."""
    concept = tool.concept
    slots = {slot.label: slot for slot in concept.slots if slot.label in tool.names}
    ask = sp.pattern(concept.asks)
    if sp.chance(0.12):
        ask = f"{sp.pick(concept.verbs)} [the|a|my|] {sp.pick(concept.nouns)}"
    ask, fixed = settled(ask)
    core = Core([], {})
    values: dict[str, tuple[Any, str]] = {}

    def fill(label: str) -> str:
        values[label] = value_of(sp, slots[label])
        core.last_kind = slots[label].kind_name
        return values[label][1]

    core.runs = quoted(sp, sp.runs(ask, fill))
    values |= {label: (value, "") for label, value in fixed.items() if label in slots}
    if not core.runs[-1].is_value:
        core.last_kind = ""
    missing = [slot for slot in slots.values() if slot.label not in values and (slot.required or sp.chance(0.45))]
    sp.rng.shuffle(missing)
    for slot in missing:
        _add(sp, core, slot, values)
    for label in tool.switches & values.keys():
        values[label] = (values[label][0] == slots[label].options[0], "")
    core.arguments = {tool.names[label]: values[label][0] for label in slots if label in values}
    return core


def settled(ask: str) -> tuple[str, dict[str, str]]:
    """An ask without its `^label=value` ending, and what that ending says: a value that the wording implies."""
    text, *endings = ask.split(" ^")
    return text, dict(ending.split("=", 1) for ending in endings)


def _add(sp: Speaker, core: Core, slot: Slot, values: dict[str, tuple[Any, str]], *, may_lead: bool = True) -> None:
    """Say one more value, after the request or, where it may lead, in front of it."""
    if slot.is_flag:
        on = sp.chance(0.65)
        said = slot.label.replace("_", " ")
        pattern = sp.pattern(
            (
                f"[with|including|make it|and] {said}",
                f"[I want it|it should be] {said}",
                f"{said}: [yes|true|on]",
                f"{said}, please",
                f"set {said} to true",
            )
            if on
            else (
                f"without {said}",
                f"[not|no] {said}",
                f"{said}: [no|false|off]",
                f"leave out {said}",
                f"don't use {said}",
                f"set {said} to false",
            )
        )
        values[slot.label] = (on, "")
        runs = sp.runs(pattern)
    else:
        value, said = value_of(sp, slot)
        values[slot.label] = (value, said)
        runs = sp.runs(_phrase(sp, slot), lambda _: said)
        if said in {"tomorrow", "today", "tonight"} or said.startswith("next "):
            runs = [Run(re.sub(r"\b(on|for|at) $", "", run.text)) if not run.is_value else run for run in runs]
    in_front = may_lead and (core.last_kind in OPEN_ENDED or sp.chance(0.12))
    if in_front:
        core.runs = [*runs, Run(sp.pick((", ", ": ", ", ", " - "))), *core.runs]
        return
    joint = sp.pick((" ", " ", " ", ", ", ", ", " and ", "; ", ". "))
    core.runs = [*core.runs, Run(joint), *runs]
    core.last_kind = slot.kind_name if runs[-1].is_value else ""


def add_value(sp: Speaker, core: Core, slot: Slot, tool: DraftedTool) -> None:
    """Say one more value after the request, as an argument for this tool."""
    values: dict[str, tuple[Any, str]] = {}
    last, core.runs = core.runs, []
    _add(sp, core, slot, values, may_lead=False)
    core.runs = [*last, *core.runs]
    value = values[slot.label][0]
    core.arguments[tool.names[slot.label]] = value == slot.options[0] if slot.label in tool.switches else value


def _phrase(sp: Speaker, slot: Slot) -> str:
    """Words that carry a value."""
    label = slot.label.rstrip("0123456789").replace("_", " ")
    if slot.options:
        return sp.pattern(
            (
                f"{{v}} {label}",
                f"{label} {{v}}",
                "{v}",
                f"with {label} {{v}}",
                "[use|in|as|on] {v}",
                f"{label}: {{v}}",
                f"the {label} is {{v}}",
            )
        )
    if sp.chance(0.12):
        return sp.pattern(
            (
                f"{label} {{v}}",
                f"{label}: {{v}}",
                f"with [the|] {label} {{v}}",
                f"{label} = {{v}}",
                f"the {label} [is|should be] {{v}}",
                f"[use|take] {{v}} as [the|] {label}",
            )
        )
    assert slot.kind is not None
    return sp.pattern(slot.kind.phrases)


def quoted(sp: Speaker, runs: list[Run]) -> list[Run]:
    """Some values in quotes; sentences inside a request usually are."""
    out: list[Run] = []
    for index, run in enumerate(runs):
        before = out[-1].text[-1:] if out else " "
        following = runs[index + 1].text if index + 1 < len(runs) else ""
        open_ended = len(run.text) > 14 or index + 1 < len(runs)
        if (
            run.is_value
            and before not in "\"'`"
            and not following[:1].isalnum()
            and sp.chance(0.12 if open_ended else 0.06)
        ):
            left, right = sp.pick((('"', '"'), ("'", "'"), ("“", "”"), ('"', '"')))
            out += [Run(left), run, Run(right)]
        else:
            out.append(run)
    return out


def text_of(runs: list[Run]) -> str:
    """The runs joined; only the wording is tidied, never a value."""
    out = ""
    for run in runs:
        if run.is_value:
            out += run.text
            continue
        part = re.sub(r"  +", " ", run.text)
        out += part[1:] if out.endswith(" ") and part.startswith(" ") else part
    return re.sub(r" ([,.!?;])(?=\s|$)", r"\1", out.strip())


def dress(sp: Speaker, core: Core, *, plain: float = 0.3) -> str:
    """The whole message: politeness, asides, punctuation, casing and typing slips around the request."""
    first = text_of(core.runs).lower()
    is_question = bool(QUESTION.match(first))
    runs = core.runs
    if not sp.chance(plain):
        runs, is_question = surround(sp, core, first, is_question)
    runs = case(sp, slips(sp, runs) if sp.chance(0.12) else runs)
    text = text_of(runs)
    if core.last_kind not in SENTENCES:
        text += ending(sp, text, is_question)
    if sp.chance(0.1):
        text = sp.say(sp.pattern(patterns("manners", "before")), extra(sp)) + " " + text
    if sp.chance(0.08) and core.last_kind not in OPEN_ENDED and text[-1:] in ".?!":
        text += " " + sp.say(sp.pattern(patterns("manners", "after")), extra(sp))
    return text


def surround(sp: Speaker, core: Core, first: str, is_question: bool) -> tuple[list[Run], bool]:
    """The request inside polite phrases, and whether it has become a question."""
    runs = core.runs
    if not is_question and not STATEMENT.match(first) and not runs[0].is_value and sp.chance(0.5):
        pattern = sp.pattern(patterns("manners", "polite"))
        is_question = bool(QUESTION.match(pattern.strip("["))) or pattern.startswith("[is it")
        runs = wrap(sp, pattern, runs)
    if is_question and sp.chance(0.2):
        pattern = sp.pattern(patterns("manners", "wondering"))
        if not pattern.startswith("{x}"):
            runs = wrap(sp, pattern, runs)
        elif core.last_kind not in OPEN_ENDED:
            runs = [*runs, Run(", "), *sp.runs(pattern.removeprefix("{x} "), extra(sp))]
    if sp.chance(0.25):
        runs = wrap(sp, sp.pattern(patterns("manners", "openers")), runs)
    if sp.chance(0.22) and core.last_kind not in SENTENCES:
        closer = sp.pattern(patterns("manners", "closers"))
        runs = [*runs, *sp.runs(closer if closer.startswith((",", "[,")) else f" {closer}", extra(sp))]
    return runs, is_question


def ending(sp: Speaker, text: str, is_question: bool) -> str:
    """The mark at the end, or none."""
    if is_question and sp.chance(0.75):
        return "?"
    if text[-1:].isalnum() and sp.chance(0.4):
        return sp.pick((".", ".", ".", "!", "?") if is_question else (".", ".", ".", "!"))
    return ""


def extra(sp: Speaker) -> Mapping[str, str]:
    """Words that phrases around a request may hold; the tools must not fall for them."""
    return {"n": sp.pick(words.NOUNS), "a": sp.pick(words.ADJECTIVES), "p": sp.pick(words.FIRST_NAMES)}


def wrap(sp: Speaker, pattern: str, runs: list[Run]) -> list[Run]:
    """The runs inside a longer sentence."""
    left, _, right = pattern.partition("{x}")
    return [*sp.runs(left, extra(sp)), *runs, *sp.runs(right, extra(sp))]


def case(sp: Speaker, runs: list[Run]) -> list[Run]:
    """Capital at the start, or everything lower, rarely everything upper."""
    roll = sp.rng.random()
    if roll < 0.04:
        return [run if run.is_value else Run(run.text.upper()) for run in runs]
    if roll < 0.3:
        return [run if run.is_value else Run(run.text.lower()) for run in runs]
    for index, run in enumerate(runs):
        if run.text.strip():
            if not run.is_value:
                text = run.text.lstrip()
                return [*runs[:index], Run(text[:1].upper() + text[1:]), *runs[index + 1 :]]
            return runs
    return runs


def slips(sp: Speaker, runs: list[Run]) -> list[Run]:
    """One or two typing mistakes outside the values."""
    places = [i for i, run in enumerate(runs) if not run.is_value and len(run.text) > 4]
    out = list(runs)
    for place in sp.rng.sample(places, min(len(places), 2)):
        text = out[place].text
        at = sp.rng.randrange(1, len(text) - 2)
        if text[at].isalpha() and text[at + 1].isalpha():
            changed = sp.pick((text[at + 1] + text[at], text[at + 1], text[at] + text[at] + text[at + 1]))
            out[place] = Run(text[:at] + changed + text[at + 2 :])
    return out


def request(sp: Speaker, tool: DraftedTool) -> Request:
    """One request for this tool."""
    core = compose_core(sp, tool)
    return Request(dress(sp, core), tool, core.arguments)


JOINTS = (
    " and ",
    " and [also|then] ",
    ". [Also|And|Then|After that|Next][,|] ",
    ", then ",
    "; ",
    "? And ",
    ", and ",
    ". ",
    ". [While you're at it|While you are there|Oh and|Besides|Apart from that|On top of that|In addition|Plus][,|] ",
    ". [One more thing|And another thing|Second|Number two|PS|Also this]: ",
    ", [plus|and after that|and while you're at it|and besides that|and when you have done that|and at the same time] ",
    " & ",
    " + ",
    "\n",
    " [as well as|and likewise|and in addition] ",
    "! [And|Then] ",
    "? [Also|Besides that|And then|Another question:] ",
    ". [I also want this|I need this too|And I'd like this]: ",
)
LISTS = (
    ("1. ", "\n2. ", "\n3. "),
    ("1) ", "\n2) ", "\n3) "),
    ("- ", "\n- ", "\n- "),
    ("first ", ", then ", ", and finally "),
    ("First: ", ". Second: ", ". Third: "),
    ("a) ", " b) ", " c) "),
    ("please do this: ", " / ", " / "),
)
"""What stands before each request, where they are told as a list."""


def two_requests(sp: Speaker, *tools: DraftedTool) -> tuple[str, list[Request]]:
    """One message that asks for a call of each tool: two, or a few."""
    cores = [compose_core(sp, tool) for tool in tools]
    if sp.chance(0.2):
        before: tuple[str, ...] = sp.pick(LISTS)
    else:
        opening = "[two things|first|I need several things|a few things|I have more than one wish]: "
        before = (opening if sp.chance(0.15) else "", sp.pattern(JOINTS), sp.pattern(JOINTS))
    runs: list[Run] = []
    for said, core in zip(before, cores, strict=False):
        runs += [*(sp.runs(said) if said else []), *core.runs]
    text = dress(sp, Core(runs, {}, cores[-1].last_kind), plain=0.5)
    return text, [Request(text, tool, core.arguments) for tool, core in zip(tools, cores, strict=True)]


TOO = (
    "? And [for|what about|the same for|how about|] {v}",
    "[, |. ]{v} [too|as well|also]",
    "[, |. ]and [then|] {v}",
    ". [The same|Same thing|Do that|Again] for {v}",
    "? [What about|How about|And what about] {v}",
    "[, |. ]also [for|] {v}",
    "[, |. ]and [don't forget|after that|the same with] {v}",
    "[, |. ]likewise {v}",
)
"""How a second value follows a whole request for the first."""


def same_tool_twice(sp: Speaker, tool: DraftedTool) -> tuple[str, list[Request]] | None:
    """`the weather in Oslo and Rome`: two calls of one tool, or None where the tool has no single value to double."""
    required = [slot for slot in tool.concept.slots if slot.required]
    if (
        len(required) != 1
        or required[0].kind is None
        or required[0].kind.type.startswith(("array", "bool"))
        or required[0].kind_name in SENTENCES
    ):
        return None
    slot = required[0]
    asks = [ask for ask in tool.concept.asks if "{" + slot.label + "}" in ask]
    if not asks:
        return None
    (one, said_one), (two, said_two) = value_of(sp, slot), value_of(sp, slot)
    if one == two:
        return None
    is_city = slot.kind_name == "city"
    joint = sp.pick((" and ", " and in " if is_city else " and ", " and also ", " and for " if is_city else " & "))
    follows = sp.chance(0.4)
    runs: list[Run] = []
    for run in sp.runs(settled(sp.pattern(asks))[0], lambda _: "\0"):
        second = [] if follows else [Run(joint), Run(said_two, True)]
        runs += [Run(said_one, True), *second] if run.is_value else [run]
    if follows:
        runs += sp.runs(sp.pattern(TOO), lambda _: said_two)
    text = dress(sp, Core(runs, {}, slot.kind_name))
    name = tool.names[slot.label]
    return text, [Request(text, tool, {name: one}), Request(text, tool, {name: two})]


def arguments_text(arguments: Mapping[str, Any]) -> str:
    """`city = "Oslo", days = 3`: how thoughts name arguments."""
    return ", ".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())


__all__ = [
    "Core",
    "Request",
    "arguments_text",
    "compose_core",
    "dress",
    "request",
    "same_tool_twice",
    "tidy",
    "two_requests",
]
