"""What a grammar costs: milliseconds per token of a free reply, and of one held to a JSON Schema."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator

from bench.lab import Table
from bench.remote import Failure
from bench.results import Row
from bench.writing import Job, Missing

TITLE = "A grammar's cost"
SCHEMA = {
    "type": "array",
    "minItems": 200,
    "items": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "number": {"type": "integer"}},
        "required": ["name", "number"],
        "additionalProperties": False,
    },
}
GRAMMAR = f"start: %json {json.dumps(SCHEMA)}"
COUNT = 32
UNIT = "ms per token"
FREE, HELD = "free", "held to a JSON Schema"


def measure(table: Table) -> Iterator[Row]:
    """Ours; free and held replies take turns."""
    free, held, rates = [], [], []
    try:
        remote = table.peer("ours")
        for number in range(table.lab.rounds(3) + 1):
            prompt = [table.lab.ids(64, number)]
            for values, extra in ((free, {}), (held, {"grammar": GRAMMAR})):
                written = remote.write(Job(prompt, COUNT, extra=extra))
                if number:
                    values.append(1000 / written.rate)
            rates.append(table.lab.read_rate())
    except (Failure, Missing) as error:
        yield Row(HELD, "ours", table.bits, UNIT, missing=str(error), more_is_better=False)
        return
    limit = 1000 * (remote.loaded.weight_bytes or 0) / statistics.median(rates)
    yield Row(FREE, "ours", table.bits, UNIT, free, limit, more_is_better=False)
    yield Row(HELD, "ours", table.bits, UNIT, held, limit, more_is_better=False)
