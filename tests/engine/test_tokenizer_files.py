"""The tokenizer's files: what they name, in each of the forms in which checkpoints have it."""

import hashlib
import json

import pytest
from transformers import AutoTokenizer

from playground.engine.tokenizer_files import eos_token, read_tokenizer, template_hash
from playground.errors import ModelUnavailable
from tests.engine.tiny_checkpoints import FAMILIES, save

TEXTS = ("Hello there,  what\n\n is <b>this</b>?", "ünïcödé 🙂 \t tab", "<start_of_turn>user", "", " a  b   c    d")


@pytest.mark.parametrize("model_type", FAMILIES)
def test_it_reads_as_transformers_class_does(model_type, tmp_path):
    save(model_type, tmp_path)
    ours, theirs = read_tokenizer(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert ours.get_vocab() == theirs.get_vocab()
    for text in TEXTS:
        ids = theirs(text, add_special_tokens=False).input_ids
        assert ours.encode(text, add_special_tokens=False).ids == ids
        assert ours.decode(ids, skip_special_tokens=False) == theirs.decode(ids)
    assert eos_token(tmp_path) == theirs.eos_token


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ModelUnavailable, match=r"tokenizer\.json cannot be read"):
        read_tokenizer(tmp_path)


@pytest.mark.parametrize(
    ("stated", "named"),
    [({}, None), ({"eos_token": "<eos>"}, "<eos>"), ({"eos_token": {"content": "<eos>", "lstrip": False}}, "<eos>")],
)
def test_the_end_of_text_is_named_in_either_form(stated, named, tmp_path):
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(stated))
    assert eos_token(tmp_path) == named


@pytest.mark.parametrize("place", ["chat_template.jinja", "chat_template.json", "tokenizer_config.json"])
def test_the_template_is_found_wherever_it_lies(place, tmp_path):
    text = "{{ bos_token }} ü"
    content = text if place.endswith(".jinja") else json.dumps({"chat_template": text})
    assert template_hash(tmp_path) is None
    (tmp_path / place).write_text(content, encoding="utf-8")
    assert template_hash(tmp_path) == hashlib.sha256(text.encode()).hexdigest()
