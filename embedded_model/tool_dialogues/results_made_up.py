"""Results of tools with made-up names, of which only the description says what they do."""

from __future__ import annotations

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.rules import day
from embedded_model.tool_dialogues.template import Given, Values

PAINTS = ["Dusk", "Moss", "Clay", "Harbour", "Plum", "Sandstone", "Fog", "Ember", "Lagoon"]
YEARS_PER_CENTIMETRE = {"oak": 0.8, "ash": 0.6, "lime": 0.7, "fir": 0.5}


def quimto(_given: Given, draw: Draw) -> Values:
    """A paint."""
    return {"mix": f"{draw.pick(PAINTS)} {draw.number(10, 99)}"}


def mirvane_check(given: Given, draw: Draw) -> Values:
    """Valid until a day, or not."""
    valid = draw.chance(0.6)
    return {"badge": given["oid"], "valid": valid, "until": day(draw), "_case": "y" if valid else "n"}


def jubrel_find(_given: Given, draw: Draw) -> Values:
    """Found in a box, or not."""
    found = draw.chance(0.6)
    return {"found": True, "box": draw.number(1, 90), "_case": "y"} if found else {"found": False, "_case": "n"}


def crundle(given: Given, draw: Draw) -> Values:
    """A weight in the unit that was asked for."""
    return {"tag": given["vex"], "weight": draw.number(6, 40), "unit": given.get("einheit", "kilo") + "s"}


def ulmira_mix(given: Given, draw: Draw) -> Values:
    """A bottle with as many drops of each scent."""
    return {"bottle": draw.code("UL-##"), "ml": len(given["tone"]) * given["drops"] // 10 + 1}


def ransk_open(given: Given, _draw: Draw) -> Values:
    """Open after a move up."""
    return {"hatch": given["hatch"], "state": "open" if given["move"] == "up" else "shut"}


def okravi_sched(given: Given, draw: Draw) -> Values:
    """A shift, and when it starts."""
    shift, starts = draw.pick(
        [
            ("early", draw.clock(5, 7)),
            ("day", draw.clock(8, 10)),
            ("late", draw.clock(13, 15)),
            ("night", draw.clock(20, 22)),
        ]
    )
    return {"crew": given["crew"], "shift": shift, "starts": starts}


def cavrin_age(given: Given, _draw: Draw) -> Values:
    """An age that goes with the tree's girth."""
    return {"age_years": round(given["umfang_cm"] * YEARS_PER_CENTIMETRE[given["art"]])}


def burlow_seat(_given: Given, draw: Draw) -> Values:
    """Free for so much, or not."""
    free = draw.chance(0.6)
    return {"free": True, "price": draw.number(9, 80), "_case": "y"} if free else {"free": False, "_case": "n"}


def ninthra_lot(given: Given, draw: Draw) -> Values:
    """The highest bid, and how many bid."""
    return {"lot": given["losnr"], "top_bid": draw.number(5, 900) * 10, "bidders": draw.number(1, 15)}


def vopple(given: Given, _draw: Draw) -> Values:
    """The word backwards."""
    return {"out": given["w"][::-1]}


def kwimba_bid(given: Given, draw: Draw) -> Values:
    """The highest bid, or not."""
    leading = draw.chance(0.6)
    return {"item": given["bund"], "bid": given["gebot"], "leading": leading, "_case": "y" if leading else "n"}
