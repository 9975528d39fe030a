"""Exact arithmetic for the model, from text, without `eval`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tools.arithmetic import Number
from tools.expression import evaluate
from tools.tool import CallContext, Tool, ToolOutput, ToolSpec

SHOWN_DIGITS = 400
"""A longer whole number is shown rounded, with the count of its digits."""
SHOWN_DECIMALS = 15

SPEC = ToolSpec(
    name="calculator",
    description="Work out an arithmetic expression exactly. Use it for every calculation.",
    parameters={
        "type": "object",
        "properties": {
            "expression": {
                "type": "string",
                "description": "The expression, such as (2 + 3) * 4, 15% of 80 or sqrt(2)",
            }
        },
        "required": ["expression"],
    },
)


def calculator() -> Tool:
    """The calculator as a tool."""
    return Tool(SPEC, _run, timeout_s=5.0)


def _run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:  # noqa: ARG001 - too quick to be stopped
    expression = str(arguments["expression"])
    return ToolOutput(f"{' '.join(expression.split()).rstrip('= ?')} {show(evaluate(expression))}")


def show(value: Number) -> str:
    """The value with its sign of equality: `= 12`, `= 0.3`, `= 1/3 ≈ 0.333333333333333`, `≈ 1.4142135623731`."""
    if isinstance(value, float):
        return f"≈ {value + 0.0:.{SHOWN_DECIMALS}g}"  # + 0.0 turns -0 into 0
    if value.denominator == 1:
        return _integer(value.numerator)
    if (places := _decimal_places(value.denominator)) is not None and places <= SHOWN_DECIMALS:
        digits = f"{abs(value.numerator) * 10**places // value.denominator:0{places + 1}d}"
        return f"= {'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
    exact = f"{value.numerator}/{value.denominator}"
    return f"= {exact} ≈ {_rounded(value)}" if len(exact) <= 40 else f"≈ {_rounded(value)}"


def _integer(value: int) -> str:
    digits = len(str(abs(value)))
    return f"= {value}" if digits <= SHOWN_DIGITS else f"≈ {_rounded(Fraction(value))} ({digits} digits)"


def _rounded(value: Fraction) -> str:
    # Decimal, because a float ends at 1e308.
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.{SHOWN_DECIMALS}g}"


def _decimal_places(denominator: int) -> int | None:
    """How many decimals make the fraction exact; None when no number does."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    return max(twos, fives) if rest == 1 else None
