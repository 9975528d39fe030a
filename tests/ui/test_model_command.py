"""The models from a terminal: the list, a download that is stopped and goes on, and a running server's models."""

import os
import signal
import threading

import huggingface_hub
import pytest

from playground.backends.catalogue import Catalogue
from playground.backends.hub import Hub
from playground.backends.local import LocalBackend
from playground.ui.model_command import main
from tests.backends.hub_server import HubServer, Repo
from tests.engine.tiny_checkpoints import save


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    save("gemma3_text", tmp_path / "remote")
    files = {path.name: path.read_bytes() for path in (tmp_path / "remote").iterdir()}
    with HubServer() as running:
        running.repos["google/gemma-4-E2B-it"] = Repo(files)
        running.repos["google/gemma-3-1b-it"] = Repo(files, gated=True)
        yield running
    huggingface_hub.close_session()


@pytest.fixture
def command(server, tmp_path):
    models = Catalogue(LocalBackend, device="cpu", hub=Hub(endpoint=server.url, cache=tmp_path / "cache"))
    yield lambda *arguments: main(arguments, models)
    models.close()


def test_the_list_says_what_is_here_what_it_takes_and_what_it_asks_for(command, capsys):
    assert command("list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "absent" in lines["gemma-3-4b"]
    assert "8.6 GB · sees pictures · Gemma Terms of Use, needs a token · Needs" in lines["gemma-3-4b"]
    assert "needs a token" not in lines["gemma-4-e2b"]


def test_a_download_that_ctrl_c_ends_goes_on_the_next_time(command, server, capsys):
    server.faults.seconds_per_block = 0.05
    threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGINT)).start()
    assert command("download", "gemma-4-e2b") == 1
    assert "What has arrived is kept" in capsys.readouterr().err
    server.faults.seconds_per_block = 0
    assert command("download", "gemma-4-e2b") == 0
    assert capsys.readouterr().out.split()[:2] == ["gemma-4-e2b", "here"]
    assert any(request.range for request in server.contents("model.safetensors"))


def test_a_gated_model_says_the_three_steps(command, capsys):
    assert command("download", "gemma-3-1b") == 1
    said = capsys.readouterr().err
    assert all(f"{step}. " in said for step in (1, 2, 3))
    assert "https://huggingface.co/google/gemma-3-1b-it" in said


def test_what_is_missing_on_the_line_is_said(command, capsys):
    for arguments, words in (
        (("download",), "needs the name of a model"),
        (("load", "gemma-3-1b"), "say which with --server"),
    ):
        with pytest.raises(SystemExit):
            command(*arguments)
        assert words in capsys.readouterr().err


def test_a_running_server_loads_and_unloads(scripted_app, capsys):
    assert main(["load", "small", "--server", scripted_app]) == 0
    assert capsys.readouterr().out.startswith("small: loaded.")
    assert main(["unload", "small", "--server", scripted_app]) == 0
    assert capsys.readouterr().out.startswith("small: here.")
    assert main(["load", "nowhere", "--server", scripted_app]) == 1
    assert "There is no model called 'nowhere'" in capsys.readouterr().err
