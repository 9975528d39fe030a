"""What the same tokens would have cost at a hosted service: `prices.json`, which anybody may edit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

FILE = Path(__file__).parent / "prices.json"


class Price(BaseModel):
    """Of one model, for `PriceTable.per_tokens` tokens. `source` and `read` say where and when it was found."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    model: str
    input: float = Field(ge=0)
    output: float = Field(ge=0)
    source: str
    read: str


class PriceTable(BaseModel):
    """Prices by model. A model that is not listed has no price, which is not a price of zero."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    currency: str
    per_tokens: int = Field(gt=0)
    prices: tuple[Price, ...]

    def cost(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """In `currency`; None for a model without a price."""
        for price in self.prices:
            if price.model == model:
                return (prompt_tokens * price.input + completion_tokens * price.output) / self.per_tokens
        return None

    def total(self, by_model: Iterable[Mapping[str, Any]]) -> tuple[float, list[str]]:
        """The cost of rows as `UsageLog.by("model")` gives them, and the models among them that have no price."""
        cost, unpriced = 0.0, []
        for row in by_model:
            own = self.cost(row["model"], row["prompt_tokens"], row["completion_tokens"])
            if own is None:
                unpriced.append(row["model"])
            else:
                cost += own
        return cost, unpriced


def read_prices(path: Path = FILE) -> PriceTable:
    """The table in a file.

    Raises: ValueError naming what is wrong in it.
    """
    return PriceTable.model_validate(json.loads(path.read_text(encoding="utf-8")))
