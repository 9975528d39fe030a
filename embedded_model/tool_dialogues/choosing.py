"""Which tools a dialogue is about, and which others are offered beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from embedded_model.tool_dialogues.declarations import STANDARD, TOOLS, Tool, tools_asked_for, usual_tools
from embedded_model.tool_dialogues.draw import Draw

SHARES_OF_STANDARD = [0.37, 0.22, 0.24, 0.17]


def _any(_tool: Tool) -> bool:
    return True


def any_tool(draw: Draw, fits: Callable[[Tool], bool] = _any, *, standard: bool = True) -> Tool:
    """A tool: a standard one in a third of the cases, else the next one that fits."""
    if standard and draw.standard(0.34):
        tool = TOOLS[draw.weighted(STANDARD, SHARES_OF_STANDARD)]
        if fits(tool):
            return tool
    left: list[Tool] = draw.left.setdefault("tools", [])
    for _ in range(3):
        for at in range(len(left) - 1, -1, -1):
            if fits(left[at]):
                return left.pop(at)
        more = [tool for tool in tools_asked_for(draw) for _ in range(2 if "often" in tool.flags else 1)]
        left[:0] = draw.shuffled(more)
    raise ValueError("No tool fits.")


def others(
    right: Sequence[Tool],
    number: int,
    draw: Draw,
    *,
    without_tags: Collection[str] = (),
    fits: Callable[[Tool], bool] = _any,
) -> list[Tool]:
    """Tools to offer beside the right ones, of which none could do the same; some are of the same group."""
    tags = frozenset(without_tags).union(*(tool.tags for tool in right))
    names, groups = {tool.name for tool in right}, {tool.group for tool in right}

    def may_be_offered(tool: Tool) -> bool:
        return tool.name not in names and not tool.tags & tags and fits(tool)

    usual = [tool for tool in usual_tools(draw) if may_be_offered(tool)]
    standard = [] if draw.held_out else [TOOLS[name] for name in STANDARD if may_be_offered(TOOLS[name])]
    found: list[Tool] = []
    for _ in range(number):
        rest = [tool for tool in usual if tool not in found]
        alike = [tool for tool in rest if tool.group in groups]
        if standard and draw.chance(0.30):
            tool = draw.pick(standard)
            standard.remove(tool)
        elif alike and draw.chance(0.38):
            tool = draw.pick(alike)
        elif rest:
            tool = draw.pick(rest)
        else:
            break
        if not any(tool.tags & one.tags for one in found):
            found.append(tool)
    return found


def number_of_tools(draw: Draw) -> int:
    """How many tools a dialogue offers."""
    return draw.weighted([1, 2, 3, 4, 5], [0.20, 0.30, 0.27, 0.15, 0.08])
