"""Exact numbers and the functions a calculator knows, within limits on size.

Numbers are `Fraction` as long as they are exact, and `float` once a function has no exact result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from tools.tool import ToolError

Number: TypeAlias = Fraction | float

MAX_DIGITS = 4000
"""Of a numerator or denominator: as many as Python turns into text without a fuss (its own limit is 4300)."""
MAX_BITS = int(MAX_DIGITS * math.log2(10))
MAX_FACTORIAL = 1400
"""The last factorial below `MAX_DIGITS` is 1419!."""

CONSTANTS: dict[str, float] = {"pi": math.pi, "π": math.pi, "e": math.e, "tau": math.tau, "τ": math.tau}


def bounded(value: Number) -> Number:
    """The value, if it is finite and not too long.

    Raises: ToolError when it is.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ToolError("The result is too large. Use smaller numbers.")
    elif _bits(value) > MAX_BITS:
        raise ToolError(f"A result has more than {MAX_DIGITS} digits. Use smaller numbers.")
    return value


def whole(value: Number, what: str) -> int:
    """The value as an int.

    Raises: ToolError when it is not a whole number.
    """
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    raise ToolError(f"{what} needs a whole number, not {float(value):.6g}.")


def divide(a: Number, b: Number, *, floor: bool = False) -> Number:
    """a / b, or the whole part of it, rounded down, as Python's // gives it."""
    if b == 0:
        raise ToolError("Division by zero has no result.")
    return bounded(Fraction(a // b) if floor else a / b)


def remainder(a: Number, b: Number) -> Number:
    """What is left of a after taking b out as often as it fits; it has the sign of b."""
    if b == 0:
        raise ToolError("The remainder of a division by zero has no result.")
    return bounded(a % b)


def power(base: Number, exponent: Number) -> Number:
    """base ** exponent: exact for whole exponents and for roots that come out even.

    Raises: ToolError when the result is too long or no real number.
    """
    if base == 0 and exponent < 0:
        raise ToolError("Zero to a negative power has no result.")
    if isinstance(base, Fraction) and isinstance(exponent, Fraction):
        if exponent.denominator == 1:
            _check_power_size(base, exponent.numerator)
            return bounded(Fraction(base**exponent.numerator))
        exact = root(base, exponent.denominator) if base > 0 else None
        if isinstance(exact, Fraction):
            return power(exact, Fraction(exponent.numerator))
    if base < 0 and float(exponent) != int(exponent):
        raise ToolError("A negative number to a broken power is not a real number.")
    return bounded(math.pow(base, exponent))


def root(value: Number, degree: int) -> Number:
    """The real root: exact where it comes out even.

    Raises: ToolError for an even root of a negative number.
    """
    if value < 0:
        if degree % 2 == 0:
            raise ToolError(f"The root of {float(value):.6g} is not a real number.")
        return -root(-value, degree)
    if isinstance(value, Fraction):
        top, bottom = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
        if top is not None and bottom is not None:
            return Fraction(top, bottom)
    return math.sqrt(value) if degree == 2 else math.pow(value, 1 / degree)


def factorial(value: Number) -> Fraction:
    """n! for whole n from 0 to `MAX_FACTORIAL`."""
    n = whole(value, "A factorial")
    if not 0 <= n <= MAX_FACTORIAL:
        raise ToolError(f"A factorial needs a number from 0 to {MAX_FACTORIAL}, not {n}.")
    return Fraction(math.factorial(n))


def round_half_up(value: Number, digits: Number = Fraction(0)) -> Number:
    """Rounded as at school: halves go away from zero."""
    places = whole(digits, "round")
    if abs(places) > MAX_DIGITS:
        raise ToolError(f"round takes up to {MAX_DIGITS} digits, not {places}.")
    scale = Fraction(10) ** places
    scaled = abs(Fraction(value)) * scale
    rounded = Fraction(math.floor(scaled + Fraction(1, 2))) / scale
    return bounded(-rounded if value < 0 else rounded)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _check_power_size(base: Fraction, exponent: int) -> None:
    # Refused before it is computed: 9**9**9 would take minutes and gigabytes.
    if abs(base) != 1 and base != 0 and (_bits(base) - 1) * abs(exponent) > MAX_BITS:
        raise ToolError(f"The power has more than {MAX_DIGITS} digits. Use smaller numbers.")


def _whole_root(value: int, degree: int) -> int | None:
    """The whole root by bisection, or None when there is none."""
    if degree == 2:
        candidate = math.isqrt(value)
        return candidate if candidate**2 == value else None
    if degree > value.bit_length():
        return value if value < 2 else None
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    return low if low**degree == value else None


@dataclass(frozen=True)
class Function:
    """A named function with the least and the greatest number of arguments it takes; None is no limit."""

    run: Callable[..., Number]
    least: int = 1
    most: int | None = 1


def _inexact(function: Callable[..., float]) -> Callable[..., Number]:
    """A function of `math`, with its domain errors told as ours."""

    def run(*values: Number) -> Number:
        try:
            return bounded(function(*map(float, values)))
        except ValueError:
            raise ToolError(f"{function.__name__} has no real result for {float(values[0]):.6g}.") from None

    return run


def _circular(function: Callable[[float], float]) -> Callable[..., Number]:
    """A function of an angle: rounded to 15 decimals, so that sin(pi) is 0 and not 1.2e-16."""
    return lambda angle: bounded(round(function(float(angle)), 15))


def _logarithm(value: Number, base: Number | None = None) -> Number:
    if base is None:
        raise ToolError("log needs a base: write ln(x), log10(x), log2(x) or log(x, base).")
    if value <= 0 or base <= 0 or base == 1:
        raise ToolError("A logarithm needs a number above 0, and a base above 0 that is not 1.")
    result = _natural_log(value) / _natural_log(base)
    whole_result = round(result)
    if isinstance(base, Fraction) and abs(whole_result) * _bits(base) <= MAX_BITS and base**whole_result == value:
        return Fraction(whole_result)
    return result


def _natural_log(value: Number) -> float:
    # `math.log` takes an int of any size, but turns a Fraction into a float first.
    if isinstance(value, Fraction):
        return math.log(value.numerator) - math.log(value.denominator)
    return math.log(value)


def _median(*values: Number) -> Number:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _choices(count: Callable[[int, int], int], name: str) -> Callable[..., Number]:
    def run(n: Number, k: Number) -> Number:
        of, taken = whole(n, name), whole(k, name)
        if not 0 <= taken <= of <= MAX_FACTORIAL:
            raise ToolError(f"{name}(n, k) needs 0 <= k <= n <= {MAX_FACTORIAL}.")
        return bounded(Fraction(count(of, taken)))

    return run


def _of_wholes(function: Callable[..., int], name: str) -> Callable[..., Number]:
    return lambda *values: bounded(Fraction(function(*(whole(value, name) for value in values))))


def _sum(values: Sequence[Number]) -> Number:
    return bounded(sum(values, Fraction(0)))


FUNCTIONS: dict[str, Function] = {
    "sqrt": Function(lambda x: root(x, 2)),
    "cbrt": Function(lambda x: root(x, 3)),
    "abs": Function(abs),
    "round": Function(round_half_up, 1, 2),
    "floor": Function(lambda x: Fraction(math.floor(x))),
    "ceil": Function(lambda x: Fraction(math.ceil(x))),
    "trunc": Function(lambda x: Fraction(math.trunc(x))),
    "exp": Function(_inexact(math.exp)),
    "ln": Function(lambda x: _logarithm(x, math.e)),
    "log": Function(_logarithm, 1, 2),
    "log2": Function(lambda x: _logarithm(x, Fraction(2))),
    "log10": Function(lambda x: _logarithm(x, Fraction(10))),
    "sin": Function(_circular(math.sin)),
    "cos": Function(_circular(math.cos)),
    "tan": Function(_circular(math.tan)),
    "asin": Function(_inexact(math.asin)),
    "acos": Function(_inexact(math.acos)),
    "atan": Function(_inexact(math.atan)),
    "atan2": Function(_inexact(math.atan2), 2, 2),
    "sinh": Function(_inexact(math.sinh)),
    "cosh": Function(_inexact(math.cosh)),
    "tanh": Function(_inexact(math.tanh)),
    "degrees": Function(_inexact(math.degrees)),
    "radians": Function(_inexact(math.radians)),
    "pow": Function(power, 2, 2),
    "mod": Function(remainder, 2, 2),
    "factorial": Function(factorial),
    "comb": Function(_choices(math.comb, "comb"), 2, 2),
    "perm": Function(_choices(math.perm, "perm"), 2, 2),
    "gcd": Function(_of_wholes(math.gcd, "gcd"), 1, None),
    "lcm": Function(_of_wholes(math.lcm, "lcm"), 1, None),
    "min": Function(lambda *values: min(values), 1, None),
    "max": Function(lambda *values: max(values), 1, None),
    "sum": Function(lambda *values: _sum(values), 1, None),
    "mean": Function(lambda *values: divide(_sum(values), Fraction(len(values))), 1, None),
    "median": Function(_median, 1, None),
    "hypot": Function(lambda a, b: root(power(a, Fraction(2)) + power(b, Fraction(2)), 2), 2, 2),
}
"""Angles are in radians; the sign ° after a number turns degrees into radians."""
