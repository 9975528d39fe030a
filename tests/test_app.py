"""The program around the page: flags, its one line, ports, signals, exit codes."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from app import build_services, server_tools, with_key, without_asking
from playground.command_line import read_settings
from playground.errors import CallerError
from playground.settings import Settings

ROOT = Path(__file__).parent.parent


def test_every_setting_is_a_flag_and_help_explains_it(capsys):
    with pytest.raises(SystemExit) as ended:
        read_settings(["--help"])
    assert ended.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown
        assert field.description in shown


def test_a_flag_overrides_its_variable(monkeypatch):
    monkeypatch.setenv("PLAYGROUND_PORT", "7000")
    monkeypatch.setenv("PLAYGROUND_MODEL", "embedded, gemma-3-1b")
    assert read_settings([]).model == ("embedded", "gemma-3-1b")
    assert read_settings([]).port == 7000
    assert read_settings(["--port", "7001"]).port == 7001


def test_model_may_be_repeated():
    assert read_settings(["--model", "embedded", "--model", "gemma-3-4b"]).model == ("embedded", "gemma-3-4b")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "--port or PLAYGROUND_PORT is '99999'"),
        (["--port", "x"], "--port or PLAYGROUND_PORT is 'x'"),
        (["--device", "abacus"], "invalid choice: 'abacus'"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_a_wrong_value_is_named_with_its_flag(capsys, arguments, words):
    with pytest.raises(SystemExit) as ended:
        read_settings(arguments)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_public_link_makes_up_a_key_for_the_api_unless_one_is_given(capsys):
    shared = with_key(read_settings(["--share"]))
    (key,) = shared.api_key
    assert len(key) > 30
    assert key in capsys.readouterr().err
    assert with_key(read_settings(["--share"])).api_key != (key,)
    assert with_key(read_settings(["--share", "--api-key", "mine"])).api_key == ("mine",)
    assert with_key(read_settings([])).api_key == ()


def start(*flags: str) -> subprocess.Popen:
    command = [sys.executable, "app.py", *flags]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_port_that_is_taken_is_named_and_nothing_is_left_running():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--model", "embedded", "--port", str(port))
        output, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert output == ""
    assert f"port {port} of 127.0.0.1 cannot be had" in errors
    assert "--port 0" in errors
    assert "Traceback" not in errors


def test_an_unknown_model_is_named_with_those_there_are():
    process = start("--model", "gpt-2", "--port", "0")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "'gpt-2' is neither a folder or .gguf file on this machine, nor a hub id" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_it_prints_one_line_when_it_answers_and_ends_cleanly_in_the_middle_of_a_reply(number):
    process = start("--model", "embedded", "--port", "0")
    line = process.stdout.readline()
    assert line.startswith("Gemma Playground answers at http://127.0.0.1:")
    body = json.dumps({"message": "Tell me everything.", "max_tokens": 8000}).encode()
    chat = f"{line.split()[-1]}/gradio_api/call/v2/chat"
    request = urllib.request.Request(chat, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert "event_id" in json.load(answer)
    process.send_signal(number)
    began = time.monotonic()
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert time.monotonic() - began < 20
    assert rest == ""
    assert "Traceback" not in errors


TOOLS = '''
from tools.from_function import tool


@tool(name="NAME", asks_first=ASKS)
def made() -> str:
    """Make something."""
    return "made"
'''


def tool_file(tmp_path, name, asks=False):
    path = tmp_path / f"{name}.py"
    path.write_text(TOOLS.replace("NAME", name).replace("ASKS", str(asks)))
    return str(path)


def test_tools_of_files_stand_beside_the_built_in_ones(tmp_path):
    files = (tool_file(tmp_path, "make"), tool_file(tmp_path, "wipe", asks=True))
    services = build_services(Settings(tools=files))
    assert list(services.tools)[-2:] == ["make", "wipe"]
    assert "calculator" in services.tools
    alone = without_asking(services)
    assert "make" in alone
    assert "wipe" not in alone


def test_a_tool_whose_name_is_taken_is_refused(tmp_path):
    with pytest.raises(CallerError, match="'calculator', and there is one of that name already"):
        server_tools(Settings(tools=(tool_file(tmp_path, "calculator"),)))


def test_a_file_of_tools_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CallerError, match="is not there"):
        server_tools(Settings(tools=(str(tmp_path / "none.py"),)))
