"""Random schemas, a trained and a random model: whatever comes to its end validates."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest

from playground.backends.local import LocalBackend
from playground.engine import weights
from playground.events import Finished
from playground.grammar import Choice, JsonSchema
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.backends.tiny import save_tiny
from tests.embedded import embedded_backend
from tests.random_schemas import random_schema
from tools.tool import ToolSpec

AT_A_TIME = 8
checks_date, _ = jsonschema.Draft202012Validator.FORMAT_CHECKER.checkers["date"]


def embedded_model(folder):
    return embedded_backend()


def untrained(folder):
    # Sizes that the kernels take, and room for a tool with 500 choices in a tokenizer of single bytes.
    save_tiny("gemma3_text", folder, context=32_768, hidden_size=64, intermediate_size=96, head_dim=32)
    return LocalBackend(weights.load(folder, dtype="bfloat16"), "tiny", threads=1)


def shaped(backend, seed):
    """A schema, the values that a reply held to it has, and the reply."""
    schema = random_schema(seed)
    options = Options(response_format=JsonSchema(schema), max_tokens=120, seed=seed, temperature=1.0)
    end = list(backend.reply(Turn((user("Fill it in."),), (), options), threading.Event()))[-1]
    values = [json.loads(end.messages[0].text)] if end.reason == "stop" else []
    return schema, values, end


def called(backend, seed):
    """The same for a tool with such arguments, that has to be called, by a model that hardly knows what it says."""
    schema = random_schema(seed)
    options = Options(tool_choice=Choice("required"), max_tokens=120, seed=seed, temperature=1.5)
    turn = Turn((user("Use the tool."),), (ToolSpec("fill_in", "Fill it in.", schema),), options)
    end = list(backend.reply(turn, threading.Event()))[-1]
    return schema, [call.arguments for call in end.pending], end


def is_date(value):
    """Python's own dates have no year 0000, which RFC 3339 has."""
    return not isinstance(value, str) or checks_date(re.sub("^0000", "2000", value))


@pytest.mark.parametrize("ask", [shaped, called])
@pytest.mark.parametrize(
    ("make", "schemas"),
    [(embedded_model, 4), (untrained, 24), pytest.param(untrained, 100, marks=pytest.mark.thorough)],
)
def test_random_schemas_give_valid_json_only(make, schemas, ask, tmp_path):
    backend = make(tmp_path)
    try:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            ends = list(pool.map(lambda seed: ask(backend, seed), range(schemas)))
    finally:
        backend.close()
    checker = jsonschema.FormatChecker(jsonschema.Draft202012Validator.FORMAT_CHECKER.checkers)
    checker.checkers = {**checker.checkers, "date": (is_date, ())}
    for schema, values, end in ends:
        assert isinstance(end, Finished), end
        for value in values:
            jsonschema.Draft202012Validator(schema, format_checker=checker).validate(value)
    whole = [end for _, values, end in ends if values]
    assert len(whole) > schemas * 0.1, "many have to end within their tokens for the test to mean something"
