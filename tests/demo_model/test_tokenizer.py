import json
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from demo_model.architecture import SPECIAL_TOKENS, VOCABULARY
from demo_model.tokenizer import TOKENS, load
from playground.dialects.gemma3 import THINK_INSTRUCTION, TOOL_INSTRUCTION

WEIGHTS = Path(__file__).parents[2] / "demo_model" / "weights"
GOLDEN = Path(__file__).parents[1] / "golden" / "prompts.jsonl"
TOKENIZER = load(WEIGHTS / "tokenizer.json")


@given(st.text())
def test_any_text_survives_encoding_and_decoding(text: str):
    ids = TOKENIZER.encode(text, add_special_tokens=False).ids
    assert TOKENIZER.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("text", ["  two  spaces\t\r\n\n", "▁ x▁y", "é😀漢字", "\u200b", " the  of the ", '"a": {"b"'])
def test_awkward_text_survives(text: str):
    ids = TOKENIZER.encode(text, add_special_tokens=False).ids
    assert TOKENIZER.decode(ids, skip_special_tokens=False) == text


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_a_control_token_spelled_in_text_is_plain_text(token: str):
    ids = TOKENIZER.encode(f"say {token} now", add_special_tokens=False).ids
    assert not set(ids) & set(range(len(SPECIAL_TOKENS)))


def test_control_tokens_have_the_ids_of_the_architecture():
    assert [TOKENIZER.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS)))


def test_the_vocabulary_fits_the_embedding():
    ids = Tokenizer.from_file(str(WEIGHTS / "tokenizer.json")).get_vocab().values()
    assert sorted(ids) == list(range(len(ids)))
    assert len(ids) <= VOCABULARY


@pytest.mark.parametrize("text", TOKENS)
def test_what_every_prompt_repeats_is_one_token(text: str):
    assert len(TOKENIZER.encode(text, add_special_tokens=False).ids) == 1


def test_the_dialects_instructions_are_still_those_the_model_was_trained_on():
    assert len(TOKENIZER.encode(TOOL_INSTRUCTION, add_special_tokens=False).ids) == 2
    assert len(TOKENIZER.encode(THINK_INSTRUCTION, add_special_tokens=False).ids) == 1


@pytest.mark.parametrize("name", ["get_weather", "getWeather", "get weather", '"weather"', "weather?"])
def test_a_word_has_the_same_tokens_wherever_it_stands(name: str):
    word = TOKENIZER.encode("eather", add_special_tokens=False).tokens
    assert TOKENIZER.encode(name, add_special_tokens=False).tokens[-len(word) - 1 :] != []
    lower = TOKENIZER.encode("weather", add_special_tokens=False).tokens
    upper = TOKENIZER.encode("Weather", add_special_tokens=False).tokens
    tokens = TOKENIZER.encode(name, add_special_tokens=False).tokens
    assert any(tokens[i : i + len(w)] == w for w in (lower, upper) for i in range(len(tokens)))


def golden_prompts() -> list[dict]:
    rows = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["family"] == "gemma3"]


@pytest.mark.parametrize("row", golden_prompts(), ids=lambda row: row["id"])
def test_the_chat_template_writes_gemma_3s_layout(row: dict):
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)

    def refuse(message: str) -> None:
        raise jinja2.TemplateError(message)

    environment.globals["raise_exception"] = refuse
    template = environment.from_string((WEIGHTS / "chat_template.jinja").read_text(encoding="utf-8"))
    messages = [{**message, "content": parts(message.get("content"))} for message in row["messages"]]
    values = {"messages": messages, "bos_token": "<bos>", "add_generation_prompt": row["add_generation_prompt"]}
    if isinstance(row["expected"], dict):
        with pytest.raises(jinja2.TemplateError, match="alternate"):
            template.render(values)
    else:
        assert template.render(values) == row["expected"]


def parts(content):
    """Pictures under the name the template knows, as transformers' processor renames them."""
    if not isinstance(content, list):
        return content
    return [{"type": "image"} if part["type"] == "image_url" else part for part in content]
