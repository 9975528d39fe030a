"""Results of tools for mathematics, units and computers."""

from __future__ import annotations

from math import gcd

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.tables import converted, roman, solved
from embedded_model.tool_dialogues.template import Given, Values

LOG_LINES = [
    "connection reset by peer",
    "disk quota exceeded",
    "token expired",
    "slow query (4.2 s)",
    "null pointer in parser",
]


def solve_equation(given: Given, _draw: Draw) -> Values:
    """The x."""
    return {"equation": given["equation"], "x": solved(given["equation"])}


def convert_units(given: Given, _draw: Draw) -> Values:
    """The value in the other unit."""
    result = converted(given["value"], given["from_unit"], given["to_unit"])
    return {"value": given["value"], "result": result, "unit": given["to_unit"]}


def percent_change(given: Given, _draw: Draw) -> Values:
    """The change as a share of the old value."""
    change = round((given["new"] - given["old"]) / given["old"] * 100, 1)
    return {"change_percent": change, "_case": "u" if change >= 0 else "d", "_size": abs(change)}


def is_prime(given: Given, _draw: Draw) -> Values:
    """Prime, or the smallest factor."""
    number = given["n"]
    factor = next((part for part in range(2, int(number**0.5) + 1) if number % part == 0), None)
    result = {"n": number, "prime": factor is None}
    if factor:
        result["smallest_factor"] = factor
    return {**result, "_case": "n" if factor else "y"}


def random_number(given: Given, draw: Draw) -> Values:
    """A number within the limits."""
    return {"number": draw.number(given["low"], given["high"])}


def roll_dice(given: Given, draw: Draw) -> Values:
    """All rolls and their sum."""
    rolls = [draw.number(1, given["sides"]) for _ in range(given.get("count", 1))]
    return {"rolls": rolls, "total": sum(rolls), "_case": "o" if len(rolls) == 1 else "m"}


def roman_numeral(given: Given, _draw: Draw) -> Values:
    """The number in Roman digits."""
    return {"number": given["number"], "roman": roman(given["number"])}


def simplify_fraction(given: Given, _draw: Draw) -> Values:
    """The fraction in its lowest terms."""
    top, bottom = given["top"], given["bottom"]
    divisor = gcd(top, bottom)
    return {"result": f"{top // divisor}/{bottom // divisor}"}


def disk_space(given: Given, draw: Draw) -> Values:
    """Free space, and more in total."""
    free = draw.number(3, 420)
    return {"drive": given.get("drive", "main"), "free_gb": free, "total_gb": free + draw.number(60, 600)}


def server_status(given: Given, draw: Draw) -> Values:
    """Up for so many days, or down since some time."""
    up = draw.chance(0.75)
    result: Values = {"host": given["host"], "up": up}
    if up:
        result |= {"cpu_percent": draw.number(2, 99), "uptime_days": draw.number(1, 300)}
    else:
        result["last_seen"] = draw.clock()
    return {**result, "_case": "u" if up else "d"}


def deploy(given: Given, draw: Draw) -> Values:
    """A version, deployed."""
    version = f"{draw.number(1, 9)}.{draw.number(0, 30)}.{draw.number(0, 9)}"
    return {"service": given["service"], "env": given["env"], "version": version, "status": "deployed"}


def run_tests(given: Given, draw: Draw) -> Values:
    """How many passed, and how many failed, if any."""
    failed = draw.pick([0, 0, draw.number(1, 12)])
    return {
        "branch": given["branch"],
        "passed": draw.number(40, 900),
        "failed": failed,
        "_case": "f" if failed else "p",
    }


def dns_lookup(given: Given, draw: Draw) -> Values:
    """A made-up record of the type that was asked for."""
    kind = given.get("record", "A")
    numbers = [draw.number(low, high) for low, high in ((11, 220), (0, 255), (0, 255), (1, 254), (10, 99), (1, 99))]
    records = {
        "A": ".".join(str(number) for number in numbers[:4]),
        "AAAA": f"2001:db8::{numbers[4]}:{numbers[5]}",
        "MX": f"mail.{given['domain']}",
        "TXT": "v=spf1 mx -all",
    }
    return {"domain": given["domain"], "type": kind, "value": records[kind]}


def color_name(given: Given, _draw: Draw) -> Values:
    """Dark, light or neither, and the strongest of the three colours."""
    parts = [int(given["hex"][at : at + 2], 16) for at in (1, 3, 5)]
    low, high = min(parts), max(parts)
    shade = "dark " if high < 110 else "light " if low > 150 else ""
    name = "grey" if high - low < 30 else ("red", "green", "blue")[parts.index(high)]
    return {"hex": given["hex"], "name": shade + name, "rgb": ", ".join(str(part) for part in parts)}


def search_logs(given: Given, draw: Draw) -> Values:
    """How many lines were found, and the newest."""
    return {"service": given["svc"], "hits": draw.number(1, 90), "newest": draw.pick(LOG_LINES)}
