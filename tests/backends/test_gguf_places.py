"""GGUF files of other programs are found at their usual places and can be chosen by name."""

import json

import pytest
import torch

from playground.backends.embedded import EmbeddedModel
from playground.backends.gguf_places import found_files
from playground.backends.hub import Hub
from playground.backends.inventory import Inventory
from playground.engine import weights
from playground.engine.devices import Precision
from tests.engine.test_gguf import SIZES, write_gguf
from tests.tiny_models import tiny_model


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("OLLAMA_MODELS", "LLAMA_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def inventory(home):
    hub = Hub(endpoint="http://127.0.0.1:1", cache=home / "hub")
    return Inventory(hub, EmbeddedModel(home / "x.gguf", package="none"), Precision(torch.bfloat16, ""))


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_gguf(path, tiny_model(**SIZES))


def put_in_ollama(home, *layers):
    manifest = home / ".ollama/models/manifests/registry.ollama.ai/library/gemma3/1b"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": list(layers)}))
    blobs = home / ".ollama/models/blobs"
    blobs.mkdir()
    return blobs


def test_nothing_is_found_where_nothing_is(home):
    assert found_files() == {}


def test_files_are_found_where_the_programs_keep_them(home):
    first = put(home / ".lmstudio/models/lmstudio-community/gemma-3-1b-it-GGUF/gemma-3-1b-it-Q8_0.gguf")
    put(home / ".lmstudio/models/x/gemma-3-4b-it-GGUF/mmproj-gemma-3-4b.gguf")
    put(home / ".lmstudio/models/x/llama.gguf")
    second = put(home / ".cache/llama.cpp/ggml-org_gemma-3-270m.gguf")
    blobs = put_in_ollama(home, {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:abc"})
    third = put(blobs / "x.gguf").rename(blobs / "sha256-abc")
    assert found_files() == {
        "lmstudio/gemma-3-1b-it-Q8_0": first,
        "llama.cpp/ggml-org_gemma-3-270m": second,
        "ollama/gemma3:1b": third,
    }


@pytest.mark.parametrize("layers", [[], [{"mediaType": "other", "digest": "x"}], [3], [{"digest": "sha256:gone"}]])
def test_manifests_that_lead_nowhere_are_passed_over(home, layers):
    put_in_ollama(home, *layers)
    assert found_files() == {}


def test_they_can_be_chosen_and_loaded_even_without_their_ending(inventory, home):
    blobs = put_in_ollama(home, {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:abc"})
    put(blobs / "x.gguf").rename(blobs / "sha256-abc")
    names = {entry.name: entry for entry in inventory.entries()}
    entry = names["ollama/gemma3:1b"]
    assert (entry.state, entry.context_tokens) == ("here", 512)
    assert entry.recommended["top_k"] == 64
    assert weights.load(entry.source).family == "gemma3"


def test_a_damaged_one_is_shown_with_what_is_wrong(inventory, home):
    path = put(home / ".cache/llama.cpp/gemma.gguf")
    path.write_bytes(path.read_bytes()[:-100])
    entry = inventory.find("llama.cpp/gemma")
    assert entry.state == "broken"
    assert "cuts off" in entry.note
