"""Exchanges with tools: one call, two at once, one after another, and requests that no tool fits."""

from __future__ import annotations

import json
from collections.abc import Sequence

from demo_model.data import chat, families, ontology, results, words
from demo_model.data.chat import Exchange
from demo_model.data.ontology import DraftedTool, Slot
from demo_model.data.requests import (
    Core,
    Request,
    add_value,
    arguments_text,
    request,
    same_tool_twice,
    text_of,
    two_requests,
)
from demo_model.data.scene import Scene
from demo_model.data.spin import Run, Speaker
from demo_model.data.wording import patterns
from playground.messages import ToolResult, tool, user


def use_tool(scene: Scene) -> None:
    """A request that one call answers, or two."""
    sp = scene.sp
    roll = sp.rng.random()
    if roll < 0.1:
        twice = same_tool_twice(sp, sp.pick(scene.tools))
        if twice is not None:
            run_calls(scene, *twice)
            return
    if 0.1 <= roll < 0.2 and len(scene.tools) > 1:
        count = 3 if len(scene.tools) > 2 and sp.chance(0.15) else 2
        run_calls(scene, *two_requests(sp, *sp.rng.sample(scene.tools, count)))
        return
    chosen = request(sp, sp.pick(scene.tools))
    if chosen.tool.concept.nouns[0] == "calculator" and sp.chance(0.12):
        text, expression, _, _ = chat.counting(sp, 100)
        chosen = Request(text, chosen.tool, {next(iter(chosen.arguments)): expression})
    run_calls(scene, chosen.text, [chosen])


def run_calls(scene: Scene, text: str, requests: Sequence[Request]) -> None:
    """The request, its calls in one turn, their results, and the answer."""
    scene.dialogue.messages.append(user(text))
    thought = "\n".join(need(one) for one in requests)
    ids = scene.call(requests, thought, "call" if len(requests) == 1 else "two calls")
    if scene.terse:
        return
    outcomes = [results.outcome(scene.sp, one) for one in requests]
    parts = [
        ToolResult(call_id, one.tool.spec.name, found.text, is_error=found.is_error)
        for call_id, one, found in zip(ids, requests, outcomes, strict=True)
    ]
    scene.dialogue.messages.append(tool(*parts))
    exchange = Exchange("", " ".join(o.answer for o in outcomes), " ".join(o.brief for o in outcomes), "")
    scene.answer(scene.style(exchange), "I have the result. I tell the user.", "result")


def need(one: Request) -> str:
    """The plan for a call."""
    arguments = arguments_text(one.arguments)
    ending = f" with {arguments}." if arguments else " without arguments."
    purpose = one.tool.spec.description.split("\n")[0].rstrip(".")
    return f"{purpose}: I call {one.tool.spec.name}{ending}"


def chain(scene: Scene) -> None:
    """Two calls in a row: the second needs what the first returned."""
    sp = scene.sp
    first, second = sp.rng.sample(scene.tools, 2)
    required = [slot for slot in second.concept.slots if slot.required and slot.label in second.names]
    linked = [slot for slot in required if slot.kind is not None and not slot.kind.type.startswith("array")]
    if not linked or len(required) > 3:
        use_tool(scene)
        return
    slot = sp.pick(linked)
    opening = request(sp, first)
    assert slot.kind is not None
    value, _ = slot.kind.sample(sp.rng)
    core = second_half(sp, second, slot)
    asked = followed(opening.text, text_of(core.runs)) + sp.pick((".", "", "."))
    scene.dialogue.messages.append(user(asked))
    name = second.names[slot.label]
    arguments = core.arguments | {name: value}
    follow_up = Request("", second, {n: arguments[n] for n in second.names.values() if n in arguments})
    for one, text in ((opening, first_result(sp, name, value)), (follow_up, "")):
        ids = scene.call([one], need(one), "chain")
        found = results.outcome(sp, one)
        scene.dialogue.messages.append(
            tool(ToolResult(ids[0], one.tool.spec.name, text or found.text, is_error=found.is_error and not text))
        )
    scene.answer(
        scene.style(Exchange("", found.answer, found.brief, "")), "I have the result. I tell the user.", "result"
    )


def followed(text: str, follow: str) -> str:
    """A request and what is to be done next, with a space between words."""
    return text.rstrip(".?!") + ("" if follow[:1] in ",.;?" else " ") + follow


def second_half(sp: Speaker, second: DraftedTool, linked: Slot) -> Core:
    """What is to be done with the first result, and the other arguments of that."""
    names = (second.names[linked.label], linked.kind_name, "result", "answer")
    fill = {"verb": sp.pick(second.concept.verbs), "noun": sp.pick(second.concept.nouns)}
    fill["word"] = sp.pick(names).replace("_", " ")
    said = sp.say(sp.pattern(patterns("manners", "chained")), fill)
    core = Core([Run(said if said[0] in ",.;" else f" {said}")], {})
    for slot in second.concept.slots:
        if slot.required and slot is not linked and slot.label in second.names:
            add_value(sp, core, slot, second)
    return core


def first_result(sp: Speaker, name: str, value: object) -> str:
    """What the first tool returned, with the value among other things at times."""
    word, plain = name.replace("_", " "), str(value)
    quoted = json.dumps(value)
    return sp.pick(
        (
            plain,
            plain,
            f"{word}: {plain}",
            f'{{"{name}": {quoted}}}',
            f'{{"{word}": {quoted}, "{sp.pick(words.NOUNS)}": {sp.rng.randint(1, 99)}}}',
            f'{{"{sp.pick(words.NOUNS)}": "{sp.pick(words.ADJECTIVES)}", "{name}": {quoted}}}',
            f"{plain} ({sp.pick(words.NOUNS)})",
            f"The {word} is {plain}.",
            f"{sp.pick(words.NOUNS)}: {plain}",
            f'{{"result": {{"{name}": {quoted}, "ok": true}}}}',
            f'{{"items": [{{"{name}": {quoted}, "{sp.pick(words.NOUNS)}": "{sp.pick(words.ADJECTIVES)}"}}]}}',
            f"{sp.pick(words.NOUNS)}: {sp.pick(words.ADJECTIVES)}\n{word}: {plain}\n{sp.pick(words.NOUNS)}: none",
            f"Found one {sp.pick(words.NOUNS)}. {word}: {plain}",
            f"OK. {plain}",
            f"1. {plain}",
            f"[1] {plain} ({sp.pick(words.ADJECTIVES)})",
            f"| {sp.pick(words.NOUNS)} | {word} |\n| {sp.pick(words.ADJECTIVES)} | {plain} |",
        )
    )


def search_and_read(scene: Scene) -> None:
    """A search, then the page of its first result."""
    sp = scene.sp
    by_noun = {tool.concept.nouns[0]: tool for tool in scene.tools}
    if not {"web search", "fetch page"} <= by_noun.keys():
        use_tool(scene)
        return
    searching, reading = by_noun["web search"], by_noun["fetch page"]
    opening = request(sp, searching)
    found = results.searched(sp, str(next(iter(opening.arguments.values()))))
    link = next(
        (
            part
            for line in found.text.split("\n")
            for part in line.replace("(", " ").replace("):", " ").split()
            if "/" in part or (part.count(".") == 1 and part[-1] != "." and "[" not in part)
        ),
        "",
    )
    if not link:
        use_tool(scene)
        return
    follow = sp.say(
        sp.pattern(
            (
                " and [open|read|fetch|show] the first [result|page|hit|link]",
                ", then [open|read] the [first|top|best] [result|page|link]",
                ". [Read|Open] the first [result|page] [too|for me|as well]",
                " and [tell me|summarize] what the [first|top] page says",
                ". Then [go to|visit|read] the top [result|link]",
            )
        )
    )
    scene.dialogue.messages.append(user(followed(opening.text, follow) + sp.pick((".", "", "?"))))
    ids = scene.call([opening], need(opening), "chain")
    scene.dialogue.messages.append(tool(ToolResult(ids[0], searching.spec.name, found.text)))
    page = Request("", reading, {next(iter(reading.names.values())): link})
    ids = scene.call([page], need(page), "chain")
    read = results.fetched(sp, link)
    scene.dialogue.messages.append(tool(ToolResult(ids[0], reading.spec.name, read.text)))
    scene.answer(
        scene.style(Exchange("", read.answer, read.brief, "")), "I have the result. I tell the user.", "result"
    )


def no_tool_fits(scene: Scene) -> None:
    """A request for a function that is not declared, or a question that has nothing to do with tools."""
    sp = scene.sp
    if not scene.looks_things_up() and sp.chance(0.55):
        scene.say(chat.unknown(sp) if sp.chance(0.85) else chat.small_talk(sp), "unknown")
        return
    kinds = {tool.concept.nouns[0] for tool in scene.tools}
    for _ in range(20):
        concept = sp.pick(ontology.everyday() + families.related() + ontology.concepts("built_in"))
        if (
            not any(
                set(" ".join(concept.nouns).split()) & set(" ".join(tool.concept.nouns).split()) for tool in scene.tools
            )
            and concept.nouns[0] not in kinds
            and "search" not in " ".join(t.spec.name for t in scene.tools)
        ):
            break
    else:
        scene.say(chat.social(sp), "social")
        return
    missing = request(sp, ontology.draft(sp, concept))
    reply = sp.pick(
        (
            "I have no tool for that, and I am only the small demo model. Load a Gemma model for a real answer.",
            "None of my tools can do that, and as a tiny demo I cannot do it myself. Please load a Gemma model.",
        )
    )
    scene.say(
        Exchange(missing.text, reply, "I have no tool for that.", "No tool fits this. I should say so honestly."),
        "no tool",
    )
