"""A model on `transformers serve`, the other server that PyPI has: started for real, with the embedded one."""

import os
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.backends.remote_config import ModelConfig, ServerConfig
from playground.backends.remote_models import RemoteModels
from playground.engine.adapters import merge_adapter
from playground.errors import UnsupportedInput
from playground.events import TextDelta
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.embedded import embedded_source, unpacked_base

pytestmark = pytest.mark.thorough

START_S = 120
TEMPLATE = (
    "{{ bos_token }}{% for one in messages %}"
    "<start_of_turn>{{ one.role }}\n{{ one.content }}<end_of_turn>\n{% endfor %}{{ '<start_of_turn>model\n' }}"
)
"""Its last newline is in an expression, as Jinja drops the one that a template ends with."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The embedded model with its adapter merged, as a folder that any program can load."""
    made = tmp_path_factory.mktemp("served")
    model = AutoModelForCausalLM.from_pretrained(unpacked_base(), dtype=torch.bfloat16)
    for adapter in embedded_source().adapters:
        merge_adapter(model, adapter)
    model.save_pretrained(made)
    tokenizer = AutoTokenizer.from_pretrained(unpacked_base())
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(made)
    return made


@pytest.fixture(scope="module")
def model(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    process = subprocess.Popen(
        [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder), *where],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )
    models = RemoteModels([ModelConfig(name="there", servers=(ServerConfig(url=f"http://127.0.0.1:{port}/v1"),))])
    try:
        deadline = time.monotonic() + START_S
        while not _is_up(port):
            assert process.poll() is None, "transformers serve ended before it answered"
            assert time.monotonic() < deadline, "transformers serve did not answer in time"
            time.sleep(0.2)
        yield models.find("there")
    finally:
        models.close()
        process.terminate()
        process.wait(30)


def _is_up(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def test_it_is_recognised_and_answers_with_usage(model):
    turn = Turn((user("Hello! Who are you?"),), options=Options(temperature=0, max_tokens=24, seed=7))
    *events, end = model.reply(turn, threading.Event())
    words = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert model.servers[0].facts.kind == "transformers"
    assert words.strip()
    assert end.messages[0].text == words
    assert end.usage.prompt_tokens > 5
    assert 1 <= end.usage.completion_tokens <= 24
    assert end.card["remote"]["not_sent"] == ["top_k"]


def test_what_it_would_ignore_is_refused_before_it_is_asked(model):
    turn = Turn((user("Hello!"),), options=Options(presence_penalty=1.5))
    (end,) = model.reply(turn, threading.Event())
    assert isinstance(end.error, UnsupportedInput)
    assert "presence_penalty is 1.5" in end.error.message
