"""Random schemas, a trained and a random model: whatever comes to its end validates."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest

from playground.backends.local import LocalBackend
from playground.engine import weights
from playground.events import Finished
from playground.grammar import JsonSchema
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.backends.tiny import save_tiny
from tests.embedded import embedded_backend
from tests.random_schemas import random_schema

AT_A_TIME = 8


def embedded_model(folder):
    return embedded_backend()


def untrained(folder):
    save_tiny("gemma3_text", folder, hidden_size=64, intermediate_size=96, head_dim=32)  # sizes that the kernels take
    return LocalBackend(weights.load(folder, dtype="bfloat16"), "tiny", threads=1)


def answer(backend, seed):
    schema = random_schema(seed)
    options = Options(response_format=JsonSchema(schema), max_tokens=120, seed=seed, temperature=1.0)
    end = list(backend.reply(Turn((user("Fill it in."),), (), options), threading.Event()))[-1]
    assert isinstance(end, Finished), end
    return schema, end


@pytest.mark.parametrize(("make", "schemas"), [(embedded_model, 48), (untrained, 200)])
def test_random_schemas_give_valid_json_only(make, schemas, tmp_path):
    backend = make(tmp_path)
    try:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            ends = list(pool.map(lambda seed: answer(backend, seed), range(schemas)))
    finally:
        backend.close()
    whole = [(schema, end) for schema, end in ends if end.reason == "stop"]
    for schema, end in whole:
        value = json.loads("".join(message.text for message in end.messages))
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER).validate(
            value
        )
    assert len(whole) > schemas * 0.75, "most have to end within their tokens for the test to mean something"
