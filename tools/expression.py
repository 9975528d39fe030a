"""Arithmetic written as text, to a number: a small grammar of its own, evaluated while it is read.

    sum     = product (("+" | "-") product)*            80 + 15% is 92: a percentage added is one of what stands before
    product = sign (("*" | "/" | "//" | "%" | "of") sign)*
    sign    = ("-" | "+" | "√") sign | power
    power   = postfix ("**" sign)?                      so -2 ** 2 is -4, and 2 ** -1 is 0.5
    postfix = atom ("!" | "%" | "°" | "²" | "³")*
    atom    = number | constant | name "(" sum ("," sum)* ")" | "(" sum ")"

A "%" is the remainder when a number, a name or "(" follows, and a percent sign when anything else does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tools.arithmetic import (
    CONSTANTS,
    FUNCTIONS,
    MAX_DIGITS,
    Number,
    bounded,
    divide,
    factorial,
    power,
    remainder,
    root,
)
from tools.tool import ToolError

MAX_CHARS = 2000
MAX_DEPTH = 50

_SIGNS = str.maketrans(
    {
        "\N{MULTIPLICATION SIGN}": "*",
        "\N{MIDDLE DOT}": "*",
        "\N{DOT OPERATOR}": "*",
        "\N{ASTERISK OPERATOR}": "*",
        "\N{DIVISION SIGN}": "/",
        "\N{DIVISION SLASH}": "/",
        "\N{FRACTION SLASH}": "/",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{FULLWIDTH LEFT PARENTHESIS}": "(",
        "\N{FULLWIDTH RIGHT PARENTHESIS}": ")",
        "\N{FULLWIDTH COMMA}": ",",
    }
)
_NUMBER = re.compile(r"(?:\d+(?:_\d+)*)?(?:\.\d*)?(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?")
_NAME = re.compile(r"[xX](?![^\W\d])|(?:math\.)?[^\W\d]\w*")
_OPERATOR = re.compile(r"\*\*|//|[-+*/%^!°²³√(),]")
_WORDS = {"x": "*", "X": "*", "of": "of", "mod": "mod"}
"""Names that stand for an operator where one can stand; in 3x4 too."""


@dataclass(frozen=True)
class _Token:
    kind: Literal["number", "name", "operator", "end"]
    text: str
    value: Fraction = Fraction(0)


def evaluate(text: str) -> Number:
    """The value of an expression.

    Raises: ToolError that says what cannot be read, and where, or which operation has no result.
    """
    cleaned = re.sub(r"\s*=\s*\??\s*$", "", text.strip().translate(_SIGNS))
    if not cleaned:
        raise ToolError("The expression is empty. Write one, such as 2 + 3.")
    if len(cleaned) > MAX_CHARS:
        raise ToolError(f"The expression has {len(cleaned)} characters; {MAX_CHARS} is the most.")
    try:
        return _Reader(list(_tokens(cleaned))).read()
    except OverflowError:
        raise ToolError("A number is too large for this function. Use smaller numbers.") from None


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    in_call: list[bool] = []
    previous = ""
    while position < len(text):
        rest = text[position:]
        if rest[0].isspace():
            position += 1
            continue
        token = _token(rest, in_arguments=bool(in_call) and in_call[-1])
        if token.text == "(":
            in_call.append(previous == "name")
        elif token.text == ")" and in_call:
            in_call.pop()
        previous = token.kind
        position += len(token.text)
        yield token
    yield _Token("end", "")


def _token(rest: str, *, in_arguments: bool) -> _Token:
    # Between a function's parentheses a comma parts arguments: max(1,200) compares 1 and 200.
    if not in_arguments and (grouped := _GROUPED.match(rest)):
        return _Token("number", grouped[0], Fraction(grouped[0].replace(",", "")))
    if rest[0] in "0123456789" or re.match(r"\.\d", rest):
        return _literal(rest)
    if name := _NAME.match(rest):
        return _Token("name", name[0])
    if operator := _OPERATOR.match(rest):
        return _Token("operator", operator[0])
    hint = "write an expression, not an equation" if rest[0] == "=" else "write numbers without units or currency"
    raise ToolError(f"{rest[0]!r} cannot be read here; {hint}.")


def _literal(rest: str) -> _Token:
    found = _NUMBER.match(rest)
    text = found[0] if found else ""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > 5 or abs(int(exponent or 0)) > MAX_DIGITS:
        raise ToolError(f"The number {text[:20]}… is too long; {MAX_DIGITS} digits is the most.")
    value = Fraction(text.rstrip(".").replace(".e", "e").replace("_", ""))
    bounded(value)
    return _Token("number", text, value)


@dataclass(frozen=True)
class _Part:
    """A value on its way up, and whether it was written as a percentage and nothing else."""

    value: Number
    is_percent: bool = False


class _Reader:
    """Reads tokens from left to right, one method per rule of the grammar above."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def read(self) -> Number:
        value = self._sum()
        if self._next.kind != "end":
            raise ToolError(f"{self._next.text!r} cannot follow here; write an operator such as * between two values.")
        return value

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> str | None:
        """The next token's text, taken, if it is one of these operators."""
        text = _WORDS.get(self._next.text, self._next.text)
        if self._next.kind == "number" or text not in texts:
            return None
        self._at += 1
        return text

    def _sum(self) -> Number:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError(f"The expression is nested deeper than {MAX_DEPTH}. Split it into parts.")
        total = self._product().value
        while operator := self._take("+", "-"):
            part = self._product()
            change = part.value * total if part.is_percent else part.value
            total = bounded(total + change if operator == "+" else total - change)
        self._depth -= 1
        return total

    def _product(self) -> _Part:
        part = self._sign()
        while operator := self._take("*", "/", "//", "%", "mod", "of"):
            part = _Part(_apply(operator, part.value, self._sign().value))
        return part

    def _sign(self) -> _Part:
        signs = []
        while sign := self._take("-", "+", "√"):
            signs.append(sign)
        part = self._power()
        for sign in reversed(signs):
            part = {"-": _Part(-part.value, part.is_percent), "+": part}.get(sign) or _Part(root(part.value, 2))
        return part

    def _power(self) -> _Part:
        base = self._postfix()
        if not self._take("**", "^"):
            return base
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError(f"The expression is nested deeper than {MAX_DEPTH}. Split it into parts.")
        result = power(base.value, self._sign().value)
        self._depth -= 1
        return _Part(result)

    def _postfix(self) -> _Part:
        part = _Part(self._atom())
        while True:
            if self._next.text == "%" and not self._is_operand(self._tokens[self._at + 1]):
                self._at += 1
                part = _Part(part.value / 100, is_percent=True)
            elif mark := self._take("!", "°", "²", "³"):
                part = _Part(_mark(mark, part.value))
            else:
                return part

    @staticmethod
    def _is_operand(token: _Token) -> bool:
        return token.kind == "number" or token.text == "(" or (token.kind == "name" and token.text not in _WORDS)

    def _atom(self) -> Number:
        token = self._next
        self._at += 1
        if token.kind == "number":
            return token.value
        if token.kind == "name":
            return self._named(token.text)
        if token.text == "(":
            value = self._sum()
            self._close()
            return value
        if token.kind == "end":
            raise ToolError("The expression ends too early; a number is missing at the end.")
        raise ToolError(f"{token.text!r} cannot stand here; a number is missing before it.")

    def _named(self, written: str) -> Number:
        name = written.removeprefix("math.").lower()
        if name in FUNCTIONS:
            return self._call(name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise ToolError(f"There is no {written!r}. Constants: pi, e, tau. Functions: {', '.join(FUNCTIONS)}.")

    def _call(self, name: str) -> Number:
        if not self._take("("):
            raise ToolError(f"{name} needs its argument in parentheses: {name}(…).")
        arguments = [self._sum()]
        while self._take(","):
            arguments.append(self._sum())
        self._close()
        function = FUNCTIONS[name]
        if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
            raise ToolError(_count_error(name, len(arguments)))
        return bounded(function.run(*arguments))

    def _close(self) -> None:
        if not self._take(")"):
            found = f"{self._next.text!r} stands" if self._next.text else "the expression ends"
            raise ToolError(f"A ')' is missing: {found} where it should be.")


def _count_error(name: str, count: int) -> str:
    function = FUNCTIONS[name]
    if function.least == function.most:
        takes = "1 argument" if function.least == 1 else f"{function.least} arguments"
    else:
        takes = f"{function.least} {'or more' if function.most is None else f'to {function.most}'} arguments"
    hint = "; inside it, write 1000 and not 1,000" if count > function.least else ""
    return f"{name} takes {takes}, not {count}{hint}."


def _apply(operator: str, a: Number, b: Number) -> Number:
    match operator:
        case "/":
            return divide(a, b)
        case "//":
            return divide(a, b, floor=True)
        case "%" | "mod":
            return remainder(a, b)
        case _:
            return bounded(a * b)


def _mark(mark: str, value: Number) -> Number:
    match mark:
        case "!":
            return factorial(value)
        case "°":
            return value * math.pi / 180
        case _:
            return power(value, Fraction(2 if mark == "²" else 3))
