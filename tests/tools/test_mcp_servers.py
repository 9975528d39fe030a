"""MCP servers as sources of tools: real servers of the official SDK, over stdio and over HTTP on loopback."""

import json
import os
import socket
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
import uvicorn
from mcp_types import Tool as Offered

from tests.tools import mcp_example
from tools import mcp_connection
from tools.mcp_config import HttpServer, McpConfigError, StdioServer, http_servers, read_mcp_file, unique_name
from tools.mcp_server_tools import read_tools
from tools.mcp_servers import McpServer, McpServers
from tools.tool import CallContext, ToolError

EXAMPLE = str(Path(mcp_example.__file__))
PROGRAM = StdioServer(command=sys.executable, args=(EXAMPLE,), timeout_s=30)


@pytest.fixture(scope="module")
def address():
    """The example over HTTP."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(mcp_example.server.streamable_http_app(), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/mcp"
    server.should_exit = True
    thread.join()


@pytest.fixture
def listed():
    """A server of this configuration with its tools listed, closed after the test."""
    with ExitStack() as stack:

        def make(config, name="example") -> McpServer:
            servers = McpServers({name: config})
            stack.callback(servers.close)
            servers.servers[name].refresh()
            return servers.servers[name]

        yield make


@pytest.fixture(params=["stdio", "http"])
def example(request, listed):
    if request.param == "stdio":
        return listed(PROGRAM)
    return listed(HttpServer(url=request.getfixturevalue("address"), timeout_s=30))


def call(server, name, **arguments):
    return server.tools[f"{server.name}_{name}"].run(arguments, CallContext())


def test_its_tools_are_listed_and_called(example):
    assert not example.problems
    tool = example.tools["example_add"]
    assert tool.spec.description == "Add two numbers."
    assert set(tool.spec.parameters["properties"]) == {"a", "b"}
    assert call(example, "add", a=2, b=3).text == "5"
    with pytest.raises(ToolError, match="the disk is full"):
        call(example, "broken")


def test_a_tool_that_is_not_called_read_only_asks_first_and_what_it_says_is_data(example):
    assert example.tools["example_delete_all"].asks_first
    assert not example.tools["example_add"].asks_first
    assert call(example, "delete_all", folder="x").untrusted


def test_a_picture_becomes_a_note(example):
    assert "image/png, which cannot be shown" in call(example, "picture").text


def test_a_long_text_is_bounded(example):
    assert len(call(example, "long_text").text) == 200_000


def test_the_words_of_a_failure_are_marked_as_data(example):
    with pytest.raises(ToolError, match=r"(?s)Text from outside.*<data"):
        call(example, "broken")


def test_a_call_ends_when_nobody_wants_it(example):
    context = CallContext()
    threading.Timer(0.2, context.cancelled.set).start()
    with pytest.raises(ToolError, match="stopped"):
        example.tools["example_slow"].run({}, context)
    assert call(example, "add", a=1, b=1).text == "2"


def test_a_call_has_a_time_limit(address, listed):
    hasty = listed(HttpServer(url=address, timeout_s=1.5))
    with pytest.raises(ToolError, match=r"(?i)time"):
        call(hasty, "slow")
    assert call(hasty, "add", a=1, b=1).text == "2"


def test_a_program_is_started_once_and_again_when_it_has_died(listed):
    server = listed(PROGRAM)
    first = call(server, "process_id").text
    assert call(server, "process_id").text == first
    with pytest.raises(ToolError, match="ended while it ran"):
        call(server, "die")
    second = call(server, "process_id").text
    assert second != first
    server.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(second), 0)


def test_closing_does_not_wait_for_a_server_that_never_answers(monkeypatch):
    monkeypatch.setattr(mcp_connection, "CONNECT_S", 10_000)
    mute = StdioServer(command=sys.executable, args=("-c", "import time; time.sleep(600)"))
    servers = McpServers({"mute": mute})
    servers.start()
    time.sleep(1)
    servers.close()
    assert "could not be left" not in " ".join(servers.servers["mute"].problems)


def test_a_broken_server_says_why_and_leaves_the_others_alone():
    servers = McpServers(
        {
            "missing": StdioServer(command="/no/such/program"),
            "silent": StdioServer(command=sys.executable, args=("-c", "print('hello')")),
            "nobody": HttpServer(url="http://127.0.0.1:9/mcp", timeout_s=5),
            "good": PROGRAM,
        }
    )
    servers.start()
    deadline = time.monotonic() + 120
    while not all(server.is_listed for server in servers.servers.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    problems = {name: " ".join(server.problems) for name, server in servers.servers.items()}
    tools = servers.tools
    unattended = servers.unattended({"good_add": "ours"})
    assert unattended["good_add"] == "ours"
    assert "good_process_id" in unattended
    assert "good_delete_all" not in unattended
    servers.close()
    assert "'/no/such/program' cannot be started" in problems["missing"]
    assert problems["silent"]
    assert "cannot be reached" in problems["nobody"]
    assert not problems["good"]
    assert "good_add" in tools


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/mcp", "http://localhost/mcp", "http://169.254.169.254/mcp"])
def test_a_visitors_address_must_be_public(url, listed):
    config = http_servers([url], allow_private=False)
    (server,) = config.values()
    assert "not on the public internet" in " ".join(listed(server).problems)


def test_a_name_that_changes_its_address_after_the_check_is_refused(address, listed, monkeypatch):
    """The library's own connections are checked too, not only the first look at the address."""
    import ipaddress

    from tools import pinned_connection

    public, private = ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("127.0.0.1")
    answers = iter([[public], *([[private]] * 50)])
    monkeypatch.setattr(pinned_connection, "look_up", lambda host, port: next(answers))
    server = listed(HttpServer(url=address.replace("127.0.0.1", "rebound.example"), allow_private=False, timeout_s=5))
    assert not server.tools
    assert "not on the public internet" in " ".join(server.problems)


def test_one_bad_schema_costs_that_tool_alone():
    def offer(name, schema):
        return Offered(name=name, description="d" * 5000, input_schema=schema)

    offered = [
        offer("good", {"type": "object", "properties": {"a": {"type": "string"}}}),
        offer("bad", {"type": "object", "properties": {"a": {"type": "sring"}}}),
        offer("huge", {"type": "object", "properties": {"a": {"type": "string", "description": "x" * 30_000}}}),
        offer("go!od", {"type": "object"}),
        offer("none", {"type": "object"}),
    ]
    tools, problems = read_tools("s", offered, lambda *_: None, 1)
    assert list(tools) == ["s_good", "s_go_od", "s_none"]
    assert len(tools["s_good"].spec.description) == 2000
    assert [problem.split()[0] for problem in problems] == ["bad", "huge"]


def test_a_file_in_the_usual_shape_is_read_and_its_unknown_keys_are_errors(tmp_path):
    file = tmp_path / "mcp.json"
    file.write_text(json.dumps({"mcpServers": {"my files": {"command": "npx", "args": ["x"], "env": {"A": "b"}}}}))
    assert read_mcp_file(file) == {"my_files": StdioServer(command="npx", args=("x",), env={"A": "b"})}
    file.write_text(json.dumps({"mcpServers": {"docs": {"url": "https://a.example/mcp", "header": {}}}}))
    with pytest.raises(McpConfigError, match=r"docs.*header: extra"):
        read_mcp_file(file)
    with pytest.raises(McpConfigError, match="cannot be read"):
        read_mcp_file(tmp_path / "none.json")


def test_servers_are_named_after_their_hosts():
    assert unique_name("mcp.example.com", []) == "example"
    assert unique_name("127.0.0.1", []) == "s127_0_0_1"
    assert unique_name("example.com", ["example"]) == "example_2"
