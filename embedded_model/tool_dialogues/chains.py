"""Dialogues in which a second call needs the first one's result; `tools/chains.txt` has them.

    ## search_flights > book_flight
    asks:
      Book the cheapest flight to {a.destination} for {b.passenger}.
    draws:
      b.title = matchtitle
    takes:
      flight_id = {r.flights0.id}
    answers:
      {b.passenger} is booked on {b.flight_id}. The reference is {s.booking_ref}.

`a.` are arguments of the first call and `b.` of the second, `r.` fields of the first result and `s.` of the second, and
`n` is a number. `draws` has other pools or limits for some of them, `takes` what the second call takes from the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_model.tool_dialogues.answers import say
from embedded_model.tool_dialogues.choosing import number_of_tools, others
from embedded_model.tool_dialogues.declarations import CHAINED, PARTS, TOOLS, Tool, files_of
from embedded_model.tool_dialogues.dialogue import Dialogue, finish
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.messages import Message, one_after_another
from embedded_model.tool_dialogues.openers import decorated
from embedded_model.tool_dialogues.requests import fill_request, values_for
from embedded_model.tool_dialogues.results import result_of, written
from embedded_model.tool_dialogues.standard_chains import standard_chain
from embedded_model.tool_dialogues.sums import about, value_of
from embedded_model.tool_dialogues.template import SLOT, Values, arguments_in, choose, names, names_of, split_fixed
from embedded_model.tool_dialogues.text_files import Block, read_blocks, read_table


@dataclass(frozen=True)
class Chain:
    """Two tools, and requests that need both."""

    first: Tool
    second: Tool
    asks: Sequence[str]
    pools: Mapping[str, str]
    takes: Mapping[str, str]
    answers: Sequence[str]
    held_out: bool
    part: str

    def fits(self, draw: Draw) -> bool:
        """Whether the file that is being written may have it."""
        return self.held_out == draw.held_out and self.part == draw.part


def _chain(block: Block, *, part: str = "") -> Chain:
    first, second = block.name.split(CHAINED)
    return Chain(
        TOOLS[first],
        TOOLS[second],
        block.all("asks"),
        read_table(block.all("draws"), " = "),
        read_table(block.all("takes"), " = "),
        block.all("answers"),
        held_out=block.one("flags") == "held_out",
        part=part,
    )


def _read_all() -> Iterator[Chain]:
    yield from map(_chain, read_blocks("tools/chains.txt"))
    for part in PARTS:
        blocks = [block for name in files_of(part) for block in read_blocks(f"tools/{name}.txt")]
        yield from (_chain(block, part=part) for block in blocks if CHAINED in block.name)


CHAINS = list(_read_all())


def _ticket_total(found: Values, given: Values, _draw: Draw) -> Values:
    return {"total": given["quantity"] * found["events"][0]["price"]}


def _cart_total(found: Values, given: Values, draw: Draw) -> Values:
    more = draw.pick([0, 0, draw.number(5, 90)])
    return {"cart_total": round(found["results"][0]["price"] * given.get("quantity", 1) + more, 2)}


TOTALS: Mapping[str, Callable[[Values, Values, Draw], Values]] = {
    "buy_ticket": _ticket_total,
    "add_to_cart": _cart_total,
}
"""Fields of the second result that depend on the first one."""


def chain(draw: Draw) -> Dialogue | None:
    """One request with two calls, one after the other."""
    if draw.standard(0.38):
        return standard_chain(draw)
    one = draw.next_of("chains", [one for one in CHAINS if one.fits(draw)])
    right = [one.first, one.second]
    messages = _messages(one, draw)
    return finish("chain", [*right, *others(right, max(0, number_of_tools(draw) - 2), draw)], messages, draw)


def _messages(one: Chain, draw: Draw) -> list[Message]:
    text, fixed = split_fixed(draw.pick(one.asks))
    text = choose(text, draw)
    lower = draw.chance(0.06)
    first, second, number = _values(one, arguments_in(text), fixed, draw)
    given = {**_named("a.", first), **_named("b.", second), **number}
    arguments = {**one.second.arguments, **one.first.arguments}
    filled = fill_request(text, given, arguments, draw, lower=lower)
    result = result_of(one.first, first, draw)
    content, found = written(first, result, draw)
    known = {**given, **_named("r.", found)}
    taken = {name: _taken(rule, known) for name, rule in one.takes.items()}
    other_content, other_found = _second_result(one.second, result, {**second, **taken}, draw)
    values = {**names_of(first, "a."), **_named("r.", found), **names_of({**second, **taken}, "b.")}
    values |= {**_named("s.", other_found), **number}
    typed = {name: filled.typed["a." + name] for name in first}
    other_typed = {**{name: filled.typed["b." + name] for name in second}, **taken}
    if "slot" in taken:
        other_typed["slot"] = filled.typed.get("a.slot", taken["slot"])
    fitting = [answer for answer in (choose(answer, draw) for answer in one.answers) if _has_all(answer, values)]
    return one_after_another(
        decorated(filled.text, text, draw, lower=lower),
        (one.first.name, one.first.ordered(typed), content),
        (one.second.name, one.second.ordered(other_typed), other_content),
        say(draw.pick(fitting), values),
    )


def _values(one: Chain, wanted: list[str], fixed: Values, draw: Draw) -> tuple[Values, Values, Values]:
    """Arguments of the first call, of the second call, and a number, as far as the request names them."""
    first = values_for(one.first, [name[2:] for name in wanted if name.startswith("a.")], {}, draw)
    for_second = [name[2:] for name in wanted if name.startswith("b.")]
    given = {name[2:]: value for name, value in fixed.items() if name.startswith("b.")}
    for name, pool in one.pools.items():
        if name != "n" and name[2:] in for_second:
            given[name[2:]] = draw.word(pool)
    second = values_for(one.second, for_second, given, draw)
    low, high = (int(limit) for limit in one.pools.get("n", "4..60").split(".."))
    return first, second, {"n": draw.argument(low, high)} if "n" in wanted else {}


def _second_result(tool: Tool, before: Values, given: Values, draw: Draw) -> tuple[str, Values]:
    if tool.name == "calculator":
        value = value_of(given["expression"])
        content = draw.pick([json.dumps(value), json.dumps({"result": value})])
        return content, {"result": about(given["expression"])}
    result = result_of(tool, given, draw)
    if tool.name in TOTALS:
        result |= TOTALS[tool.name](before, given, draw)
    return written(given, result, draw)


def _taken(rule: str, known: Values) -> Any:
    """A value from before, or a text with such values."""
    if (found := SLOT.fullmatch(rule)) is not None:
        return known[found[2]]
    return SLOT.sub(lambda slot: str(known[slot[2]]), rule)


def _named(before: str, values: Values) -> Values:
    return {before + name: value for name, value in values.items()}


def _has_all(text: str, values: Values) -> bool:
    return all(name in values for name in names(text))
