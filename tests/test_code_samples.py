"""“Get code”: every program runs as it is, against the real app with the embedded model."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import PIL.Image
import pytest

from playground.code_samples import LANGUAGES, Sample, code_for, question_of
from playground.grammar import Choice, JsonSchema
from playground.images import from_picture
from playground.messages import ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.turn import Turn
from tests.backends.tiny import save_tiny
from tests.ui.conftest import served
from tools.tool import ToolSpec

ROOT = Path(__file__).parent.parent
NODE_MODULES = Path(os.environ.get("NODE_PATH", "/nowhere"))
WEATHER = ToolSpec(
    "get_weather", 'Weather\'s "state".', {"type": "object", "properties": {"city": {"type": "string", "maxLength": 9}}}
)
CALL = ToolCall("c1", "calculator", {"expression": "23*19"})
DIGIT = {"type": "integer", "minimum": 0, "maximum": 9}
ANSWER = JsonSchema({"type": "object", "properties": {"n": DIGIT}, "required": ["n"]})
TURNS = {
    "plain": Turn(
        (system("Be 'kind'.\n"), user("Hello, who are you?")), options=Options(seed=7, max_tokens=30, top_k=5)
    ),
    "history": Turn(
        (user("What is 23*19?"), assistant(CALL), tool(ToolResult("c1", "calculator", "437"))),
        options=Options(max_tokens=30, temperature=0.0, stop=("END",)),
    ),
    "picture": Turn(
        (user("Which colour?", from_picture(PIL.Image.new("RGB", (8, 8), "red"))),),
        options=Options(max_tokens=20, seed=7),
    ),
    "tool": Turn(
        (user("Weather?"),), (WEATHER,), Options(max_tokens=60, seed=7, tool_choice=Choice("named", "get_weather"))
    ),
    "begun": Turn(
        (user("Where do you live?"),), options=Options(seed=7, max_tokens=20, min_p=0.02), prefill="I live in"
    ),
    "shaped": Turn((user("A number?"),), options=Options(max_tokens=30, seed=7, response_format=ANSWER)),
}


@pytest.fixture(scope="module")
def seeing(tmp_path_factory):
    """A tiny model that takes pictures, as a folder."""
    folder = tmp_path_factory.mktemp("seeing")
    save_tiny("gemma3", folder)
    return str(folder)


@pytest.fixture(scope="module")
def address(seeing):
    with served("app.py", "--model", "embedded", "--model", seeing, "--port", "0") as (url, _):
        yield url


def run(kind, code, folder):
    if LANGUAGES[kind] == "python":
        command = [sys.executable, "-c", code]
    elif LANGUAGES[kind] == "shell":
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        command = ["sh", "-c", code.replace("curl ", "curl -sS --fail-with-body ", 1)]
    else:
        if shutil.which("node") is None or not (NODE_MODULES / "openai").is_dir():
            pytest.skip("needs node, and NODE_PATH with the npm package openai")
        (folder / "node_modules").symlink_to(NODE_MODULES)
        (folder / "sample.mjs").write_text(code, encoding="utf-8")
        command = ["node", "sample.mjs"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.parametrize("kind", LANGUAGES)
@pytest.mark.parametrize("name", ["plain", "tool"])
def test_every_program_runs_as_it_is(address, tmp_path, kind, name):
    said = run(kind, code_for(kind, Sample(address, "embedded", TURNS[name])), tmp_path)
    assert said.strip()
    assert name != "tool" or "get_weather" in said


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Gradio, Python", "picture"),
        ("Anthropic, Python", "picture"),
        ("OpenAI, Python", "shaped"),
        ("Anthropic, Python", "history"),
        ("Gradio, Python", "history"),
        ("curl", "history"),
    ],
)
def test_pictures_schemas_and_results_go_along(address, seeing, tmp_path, kind, name):
    model = seeing if name == "picture" else "embedded"
    sample = Sample(address, model, TURNS[name], server_tools=("calculator",) if name == "history" else ())
    said = run(kind, code_for(kind, sample), tmp_path)
    assert said.strip()
    assert name != "shaped" or "n" in json.loads(said)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("plain", ("OpenAI, Python", "Anthropic, Python", "Gradio, Python")),
        ("begun", ("OpenAI, Python", "Anthropic, Python")),
    ],
)
def test_the_programs_of_one_chat_get_one_answer(address, tmp_path, name, kinds):
    """No option is lost on the way: with one left out, the same seed would write another reply."""
    sample = Sample(address, "embedded", TURNS[name])
    said = [run(kind, code_for(kind, sample), tmp_path) for kind in kinds]
    assert len({one.splitlines()[-1] for one in said}) == 1


def test_a_program_says_what_it_cannot_ask_for():
    biased = Turn((user("Hi"),), options=Options(logit_bias={5: 1.0}))
    code = code_for("Anthropic, Python", Sample("http://x", "embedded", biased))
    assert code.startswith("# /v1/messages has no field for: logit_bias.\n")
    code = code_for("Gradio, Python", Sample("http://x", "embedded", TURNS["begun"]))
    assert code.startswith("# /chat has no field for: prefill.\n")
    assert not code_for("Anthropic, Python", Sample("http://x", "embedded", TURNS["begun"])).startswith("#")


def test_the_programs_ask_for_the_last_answer_again():
    asked = (user("One?"), assistant("Yes."), user("Two?"))
    assert question_of((*asked, assistant("No."))) == asked
    assert question_of(()) == ()


def test_a_key_is_never_written_out():
    code = code_for("curl", Sample("http://x", "embedded", TURNS["plain"], needs_key=True))
    assert "Bearer YOUR_API_KEY" in code
    assert "Authorization" not in code_for("curl", Sample("http://x", "embedded", TURNS["plain"]))
