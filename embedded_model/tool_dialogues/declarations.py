"""Tools as the files in `tools/` describe them.

    ## set_timer
    can: start a timer
    says:
      Starts a kitchen timer.
    tags: time
    flags: acts
    arguments:
      minutes integer* 1-90 | How long
      label string timer_label | What for
    asks:
      Set a timer for {minutes} minutes.
    result:
      running = true
      minutes = {minutes}
    answers:
      The timer runs for {minutes:pl minute}.
    missing:
      Start a timer. => minutes => For how long?
    follow:
      And one for {minutes} minutes.
    errors:
      timer busy => The timer can't be set: it is busy.

An argument is a name, a type (`*` if it is needed) and where values come from: a pool; `1-90`, or `100-900:50` in
steps of 50; `n20-600` for amounts, `f45-120` for other numbers; `topping:1-3` for 1 to 3 words of a pool. `on/off` is
an enum, and a description that starts with `!` is never left out. `near` has requests that sound right but are not, and
`pair` requests for two calls; `prefer` has the field that an answer must have if a request has some word. An answer
that starts with `y:: ` is for results whose `_case` is "y". `rules.py` says how a result reads; what it cannot say is a
function of the tool's name in one of the modules `results_*.py`.

A tool's `group` is its file's name, unless it says otherwise. Tools that share a tag are never offered together. The
flags: it `acts`; it is `private`; a model could do it on its `own`, or give the `advice` itself; it is so `broad` that
it may fit a question for no tool; it is asked for more `often`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import uncapitalised
from embedded_model.tool_dialogues.pools import may_be_lowered
from embedded_model.tool_dialogues.template import Values, split_fixed
from embedded_model.tool_dialogues.text_files import FOLDER, Block, read_blocks

FILES = [
    "weather",
    "travel",
    "food",
    "money",
    "calendar",
    "home",
    "music",
    "shop",
    "health",
    "maths",
    "text",
    "files",
    "sport",
    "maps",
    "mail",
    "events",
    "support",
    "library",
    "garden",
    "fitness",
    "cars",
    "parcels",
    "town",
    "science",
    "tasks",
    "computers",
    "made_up",
    "orders",
]
PARTS = ("more", "third", "fourth")
"""Folders of more tools. What `tools_more.jsonl` and so on are about; chains stand among the tools."""
CHAINED = " > "
"""Stands between the two tools of a chain in the name of its block."""
STANDARD = ("web_search", "fetch_page", "calculator", "current_time")


@dataclass(frozen=True)
class Argument:
    """One argument of a tool."""

    name: str
    type: str
    source: str
    description: str
    enum: tuple[str, ...] = ()
    needed: bool = False
    always_described: bool = False

    @property
    def may_be_lowered(self) -> bool:
        """Whether a person may type its values in small letters."""
        return may_be_lowered(self.source.split(":")[0])

    def value(self, draw: Draw) -> Any:
        """A value."""
        if self.enum:
            return draw.pick(self.enum)
        if self.type == "boolean":
            return draw.chance(0.5)
        if self.type == "array":
            return self._several(draw)
        if self.type == "number":
            low, high = (float(one) for one in self.source[1:].split("-"))
            return _amount(low, high, draw, tenths=self.source[0] == "f")
        if self.type == "integer" and self.source[0].isdigit():
            limits, _, step = self.source.partition(":")
            lowest, highest = (int(one) for one in limits.split("-"))
            return draw.argument(lowest, highest, int(step or 1))
        return draw.word(self.source)

    def _several(self, draw: Draw) -> list[str]:
        pool, number = self.source.split(":")
        if number == "split":
            return str(draw.word(pool)).split("/")
        low, high = (int(one) for one in number.split("-"))
        wanted = draw.number(low, high)
        found: list[str] = []
        while len(found) < wanted:
            value = draw.word(pool)
            if value not in found:
                found.append(value)
        return found

    def schema(self, *, described: bool) -> Values:
        """Its JSON Schema."""
        schema: Values = {"type": self.type}
        if self.description and (described or self.always_described):
            schema["description"] = self.description
        if self.enum:
            schema["enum"] = list(self.enum)
        if self.type == "array":
            schema["items"] = {"type": "string"}
        return schema


def _amount(low: float, high: float, draw: Draw, *, tenths: bool) -> float:
    lowest, highest = int(low), int(high)
    if draw.held_out:
        if draw.chance(0.6):
            return round(draw.argument(lowest, highest) + draw.pick([0.17, 0.37, 0.83]), 2)
        return draw.argument(lowest, highest)
    if tenths:
        return draw.real(low, high, 1) if draw.chance(0.6) else draw.argument(lowest, highest)
    price = draw.price(low, high)
    return price if isinstance(price, float) else draw.argument(lowest, highest)


@dataclass(frozen=True)
class Missing:
    """A request that lacks arguments, and questions for them."""

    ask: str
    lacks: tuple[str, ...]
    questions: tuple[str, ...]
    fixed: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Tool:
    """A tool: how it is declared, asked for and answered."""

    name: str
    group: str
    can: str
    descriptions: tuple[str, ...]
    arguments: Mapping[str, Argument]
    asks: tuple[str, ...]
    rules: tuple[str, ...]
    answers: tuple[str, ...]
    preferred: tuple[tuple[str, str], ...]
    missing: tuple[Missing, ...]
    near: tuple[tuple[str, str], ...]
    pairs: tuple[str, ...]
    follow_ups: tuple[str, ...]
    errors: tuple[tuple[str, str], ...]
    tags: frozenset[str]
    flags: frozenset[str]
    held_out: bool
    part: str

    @property
    def standard(self) -> bool:
        """Whether it is one of the four tools that most programs have."""
        return self.name in STANDARD

    def ask(self, draw: Draw) -> str:
        """A request; each comes up once before any comes up again."""
        return draw.next_of(f"asks of {self.name}", self.asks)

    def ordered(self, arguments: Mapping[str, Any]) -> Values:
        """The arguments in the order in which the tool declares them."""
        return {name: arguments[name] for name in self.arguments if name in arguments}

    def declaration(self, draw: Draw) -> Values:
        """What a model is told of the tool, a little different each time."""
        described = draw.chance(0.75)
        properties = {name: argument.schema(described=described) for name, argument in self.arguments.items()}
        parameters: Values = {"type": "object", "properties": properties}
        needed = [name for name, argument in self.arguments.items() if argument.needed]
        if needed:
            parameters["required"] = needed
        elif draw.chance(0.3):
            parameters["required"] = []
        description = self._description(draw)
        return {"name": self.name, "description": description, "parameters": parameters}

    def _description(self, draw: Draw) -> str:
        text, share = draw.pick(self.descriptions), draw.fraction()
        if not self.standard and not draw.held_out:
            if share < 0.08:
                text = f"Use this to {self.can}. {text}"
            elif share < 0.16:
                text = f"{text} Call it when the user wants to {self.can.replace('your', 'their')}."
            elif share < 0.22:
                text = uncapitalised(text)
        return text.rstrip(".") if draw.chance(0.12) else text


def _argument(line: str) -> Argument:
    left, _, description = line.partition("|")
    name, kind, *source = left.split()
    description = description.strip()
    enum = tuple(kind.rstrip("*").split("/")) if "/" in kind else ()
    return Argument(
        name,
        "string" if enum else {"strings": "array"}.get(kind.rstrip("*"), kind.rstrip("*")),
        source[0] if source else "",
        description.lstrip("!"),
        enum,
        needed=kind.endswith("*"),
        always_described=description.startswith("!"),
    )


def _two(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((first.strip(), second.strip()) for first, second in (line.split("=>") for line in lines))


def _missing(line: str) -> Missing:
    ask, lacks, questions = (part.strip() for part in line.split("=>"))
    text, fixed = split_fixed(questions)
    return Missing(ask, tuple(lacks.split(",")), tuple(part.strip() for part in text.split(" // ")), fixed)


def _tool(block: Block, group: str, *, held_out: bool, part: str) -> Tool:
    arguments = [_argument(line) for line in block.all("arguments")]
    return Tool(
        name=block.name,
        group=block.one("group", group),
        can=block.one("can"),
        descriptions=tuple(block.all("says")),
        arguments={argument.name: argument for argument in arguments},
        asks=tuple(block.all("asks")),
        rules=tuple(block.all("result")),
        answers=tuple(block.all("answers")),
        preferred=_two(block.all("prefer")),
        missing=tuple(_missing(line) for line in block.all("missing")),
        near=_two(block.all("near")),
        pairs=tuple(block.all("pair")),
        follow_ups=tuple(block.all("follow")),
        errors=_two(block.all("errors")),
        tags=frozenset(block.one("tags").split()),
        flags=frozenset(block.one("flags").split()),
        held_out=held_out,
        part=part,
    )


def files_of(part: str) -> list[str]:
    """The files in the folder of a part, in order."""
    return [f"{part}/{path.stem}" for path in sorted((FOLDER / "tools" / part).glob("*.txt"))]


def _read(name: str, part: str = "") -> list[Tool]:
    blocks = [block for block in read_blocks(f"tools/{name}.txt") if CHAINED not in block.name]
    return [_tool(block, name, held_out=name == "held_out", part=part) for block in blocks]


def _read_all() -> dict[str, Tool]:
    found = [tool for name in (*FILES, "held_out", "standard") for tool in _read(name)]
    found += [tool for part in PARTS for name in files_of(part) for tool in _read(name, part)]
    tools = {tool.name: tool for tool in found}
    if len(tools) < len(found):
        raise ValueError("Two tools have the same name.")
    return tools


TOOLS: Mapping[str, Tool] = _read_all()
TRAINING_TOOLS = [tool for tool in TOOLS.values() if not (tool.held_out or tool.standard or tool.part)]
MORE_TOOLS = {part: [tool for tool in TOOLS.values() if tool.part == part] for part in PARTS}
HELD_OUT_TOOLS = [tool for tool in TOOLS.values() if tool.held_out]
HELD_OUT_ARGUMENTS = frozenset(name for tool in HELD_OUT_TOOLS for name in tool.arguments)


def usual_tools(draw: Draw) -> list[Tool]:
    """The tools that a file may offer, without the standard ones."""
    if draw.held_out:
        return HELD_OUT_TOOLS
    parts = PARTS[: PARTS.index(draw.part) + 1] if draw.part else ()
    return [*TRAINING_TOOLS, *(tool for part in parts for tool in MORE_TOOLS[part])]


def tools_asked_for(draw: Draw) -> list[Tool]:
    """The tools that a file is about."""
    return MORE_TOOLS[draw.part] if draw.part else usual_tools(draw)
