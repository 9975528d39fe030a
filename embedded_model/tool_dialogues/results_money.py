"""Results of tools for banking and money."""

from __future__ import annotations

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.tables import rate_between
from embedded_model.tool_dialogues.template import Given, Values


def list_transactions(_given: Given, draw: Draw) -> Values:
    """Two payments."""
    return {"transactions": [{"amount": -draw.price(4, 90), "text": draw.word("shop")} for _ in range(2)]}


def convert_currency(given: Given, draw: Draw) -> Values:
    """The amount in the other currency, and the rate."""
    rate = rate_between(given["from_currency"], given["to_currency"], draw)
    return {"amount": given["amount"], "result": round(given["amount"] * rate, 2), "rate": rate}


def exchange_rate(given: Given, draw: Draw) -> Values:
    """The rate of a pair."""
    pair = f"{given['base']}/{given['quote']}"
    return {"pair": pair, "rate": rate_between(given["base"], given["quote"], draw)}


def loan_payment(given: Given, _draw: Draw) -> Values:
    """Equal payments each month."""
    rate, months = given["rate_percent"] / 1200, given["years"] * 12
    share = 1 - (1 + rate) ** -months
    principal = given["principal"]
    return {
        "monthly": round(principal * rate / share, 2),
        "total": round(months * principal * rate / share, 2),
    }


def split_bill(given: Given, _draw: Draw) -> Values:
    """The total with the tip, and each person's part."""
    total = given["total"] * (1 + given.get("tip_percent", 0) / 100)
    return {"total": round(total, 2), "per_person": round(total / given["people"], 2)}


def stock_quote(given: Given, draw: Draw) -> Values:
    """A price, and how it changed."""
    change = draw.real(-4, 4, 1)
    return {
        "symbol": given["symbol"],
        "price": draw.real(4, 320, 2),
        "change_percent": change,
        "_case": "u" if change >= 0 else "d",
        "_size": abs(change),
    }


def add_expense(given: Given, draw: Draw) -> Values:
    """The expense, and the sum of the month."""
    total = round(given["amount"] + draw.number(20, 500), 2)
    return {"saved": True, "amount": given["amount"], "category": given["category"], "month_total": total}


def iban_check(given: Given, draw: Draw) -> Values:
    """The bank, or what is wrong."""
    valid = draw.chance(0.6)
    result: Values = {"iban": given["iban"], "valid": valid}
    if valid:
        result["bank"] = f"{draw.word('company_start')} Bank"
    else:
        result["reason"] = draw.pick(["wrong check digits", "wrong length"])
    return {**result, "_case": "y" if valid else "n"}


def savings_plan(given: Given, _draw: Draw) -> Values:
    """Whole months until the goal is reached."""
    return {"months": -(-given["goal"] // given["per_month"])}


def gift_balance(given: Given, draw: Draw) -> Values:
    """What is left, and until when."""
    return {
        "card": given["card_code"],
        "left": draw.price(3, 120),
        "valid_until": f"{draw.number(2026, 2029)}-{draw.number(1, 12):02d}-28",
    }


def price_watch(given: Given, draw: Draw) -> Values:
    """A price that is still above the wanted one."""
    current = round(given["below"] + draw.number(4, 60), 2)
    return {"watching": given["article"], "below": given["below"], "current": current}
