"""The official JSON-Schema-Test-Suite against our grammars: what is compiled never lets an invalid instance through."""

import json
from collections import Counter
from pathlib import Path

import pytest

from playground.dialects.gemma3 import Gemma3
from playground.dialects.schema_grammar import json_rule
from playground.errors import CallerError
from tests.dialects.grammars import masks

MASKS = masks(Gemma3.control_tokens, Gemma3.stop_tokens)
SUITE = json.loads((Path(__file__).parent / "json_schema_suite" / "draft2020-12.json").read_text(encoding="utf-8"))
STRICTER = {
    # Objects that list properties take no others; constants have one spelling; formats are held to.
    *("additionalProperties.json", "allOf.json", "anyOf.json", "const.json", "enum.json", "format.json"),
    *("properties.json", "ref.json", "type.json"),
}
"""Where a grammar on purpose refuses some of what the standard allows: a reply that it lets through is still valid."""


def outcomes(name, strict=True):
    """How many groups are refused, and how the instances of the others fare."""
    counted = Counter()
    for group in SUITE[name]:
        if isinstance(group["schema"], bool):
            continue
        try:
            rule = f"start: {json_rule(group['schema'], 'The schema', 'x', strict=strict)}"
        except CallerError:
            counted["refused"] += 1
            continue
        for test in group["tests"]:
            taken = MASKS.rejected(rule, json.dumps(test["data"], ensure_ascii=False)) is None
            counted["valid" if test["valid"] else "invalid", taken] += 1
    return counted


@pytest.mark.parametrize("name", sorted(SUITE))
def test_no_invalid_instance_passes(name):
    counted = outcomes(name)
    assert counted["invalid", True] == 0
    if name not in STRICTER:
        assert counted["valid", False] == 0


def test_most_of_the_suite_is_followed_and_not_refused():
    counted = sum((outcomes(name) for name in SUITE), Counter())
    assert counted["valid", True] > 330
    assert counted["invalid", False] > 230
    assert counted["refused"] <= 200


@pytest.mark.parametrize("name", ["not.json", "contains.json", "uniqueItems.json", "if-then-else.json"])
def test_what_is_refused_is_let_go_when_it_need_not_be_strict(name):
    assert outcomes(name)["refused"] > 0
    loose = outcomes(name, strict=False)
    assert loose["refused"] <= 4, "only schemas that nothing fits may be left"
