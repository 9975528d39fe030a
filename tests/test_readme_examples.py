"""README's examples, run as they stand against the real app with the embedded model; only the port is another."""

import http.client
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.tools.internet import serving
from tests.ui.conftest import served

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.S)
CURL = re.search(r"```sh\n(curl .*?)```", README, re.S)[1]
ADDRESS = "http://127.0.0.1:7860"


FOUND = {"title": "Lighthouse", "url": "https://lights.example/", "content": "A tower with a bright light."}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The app, which searches with a SearXNG server of this test and has the Python tool."""
    results = (200, {"Content-Type": "application/json"}, json.dumps({"results": [FOUND]}).encode())
    stock = tmp_path_factory.mktemp("tools") / re.search(r"python app\.py --tools (\S+)", README)[1]
    stock.write_text(program("def count_stock"))
    app = ("app.py", "--model", "embedded", "--port", "0", "--tools", str(stock))
    with serving({"/search": results}) as engine, served(*app, "--searxng-url", engine.url) as (url, _):
        yield url


def run(program, address, folder=ROOT):
    done = subprocess.run(
        [sys.executable, "-c", program.replace(ADDRESS, address)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def program(word):
    (found,) = [text for text in PROGRAMS if word in text]
    return found


def test_every_python_example_is_run_here():
    assert len(PROGRAMS) == 10


def test_the_gradio_example_calls_the_calculator(address):
    said = run(program('tools=["calculator"]'), address)
    assert "Loaded as API" in said
    assert "calculator" in said
    assert said.rstrip().endswith(" 7")


def test_the_search_example_finds_what_the_engine_has_and_answers(address):
    said = run(program('tools=["web_search"]'), address)
    assert "web_search {'query': '" in said
    assert "[1] Lighthouse — https://lights.example/ — A tower with a bright light." in said
    assert said.splitlines()[-1].strip()


def test_the_recording_example_is_identical_and_its_file_is_replayed_without_a_server(address, tmp_path):
    said = run(program("/replay"), address, tmp_path)
    assert "Identical: the same " in said
    command = re.search(r"`python (app\.py --replay) reply\.json`", README)[1].split()
    done = subprocess.run(
        [sys.executable, *command, str(tmp_path / "reply.json")], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.startswith("Identical"), done.stderr
    assert done.returncode == 0


def test_the_responses_example_goes_on_from_the_first(address):
    assert "Ada" in run(program("previous_response_id"), address)


def test_the_openai_example_gets_a_valid_call(address):
    said = run(program("get_weather"), address)
    assert re.match(r'get_weather \{"city": ?".*"\}', said)


def test_the_anthropic_example_is_answered(address):
    assert len(run(program("anthropic"), address).strip()) > 5


def test_the_schema_example_is_called_and_answered(address):
    said = run(program("find_order ="), address).splitlines()
    call = said.index(next(line for line in said if line.startswith("find_order {")))
    assert isinstance(json.loads(said[call].removeprefix("find_order "))["number"], int)
    assert said[-1].strip()


def test_the_python_tool_is_run_by_the_server(address):
    said = run(program('["count_stock"]'), address)
    assert re.search(r"count_stock \{'item': '.+'\} \d+ pieces of .+ are in stock\.", said)
    assert said.splitlines()[-1].strip()


def test_the_mcp_example_calculates(address):
    assert "437" in run(program("from mcp"), address)


def test_the_backend_example_lets_one_app_answer_for_another_behind_keys(address, tmp_path):
    """Its flags as they stand, pointed at the app of these tests in place of another server; with the keys' example."""
    made, started = re.search(
        r"```sh\n(python -m playground\.api\.key_file .*)\npython app\.py (.*)\n```", README
    ).groups()
    here = str(tmp_path / "keys.json")
    done = subprocess.run(
        [sys.executable, *made.replace("keys.json", here).split()[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    key = done.stdout.splitlines()[0]
    flags = re.search(r"```sh\npython app\.py (--backend-url .*)\n```", README)[1]
    flags = flags.replace("http://127.0.0.1:8000", address).replace("google/gemma-4-E4B-it", "embedded").split()
    with served("app.py", "--port", "0", *flags, *started.replace("keys.json", here).split()) as (front, _):
        assert httpx.get(f"{front}/v1/models").status_code == 401
        models = httpx.get(f"{front}/v1/models", headers={"x-api-key": key}, timeout=60).json()["data"]
        assert models[0]["id"] == "embedded"
        said = run(program('tools=["calculator"]').replace('"http://127.0.0.1:7860"', repr(front)), front)
    assert "calculator" in said
    assert said.rstrip().endswith(" 7")


def test_the_curl_example_is_answered(address):
    """Its body and address, sent by httpx: not every machine has curl."""
    body = re.search(r"-d '(.*)'", CURL)[1]
    url = re.search(r"http://\S+", CURL)[0].replace(ADDRESS, address)
    assert httpx.post(url, content=body, timeout=60).json()["choices"][0]["message"]["content"]


def test_the_app_says_that_it_is_well(address):
    httpx.post(f"{address}/v1/completions", json={"prompt": "Hello", "max_tokens": 1}, timeout=60)
    health = httpx.get(f"{address}/health").json()
    assert (health["status"], health["loaded"]) == ("ok", ["embedded"])
    assert re.match("own kernels for|torch's operators", health["computing"]["embedded"])
    assert 0 <= health["cache"]["embedded"]["prefix_bytes"] <= health["cache"]["embedded"]["prefix_budget_bytes"]


@pytest.mark.thorough
def test_a_connection_outlives_the_wait_for_a_full_server(address):
    """Closed after 5 s, it would meet the request of a client that was told to come again in 5 s."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    connection.request("GET", "/health")
    connection.getresponse().read()
    connection.auto_open = 0
    time.sleep(6)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200
    connection.close()
