"""The built-in tools are what their specifications say."""

import subprocess
import sys
from zoneinfo import ZoneInfo

from tools.arguments import check_arguments
from tools.built_in import BUILT_IN_SPECS, built_in_tools
from tools.from_schema import read_spec
from tools.searxng_search import SearxngSearch
from tools.tool import CallContext


def test_the_tools_are_the_ones_that_are_specified_in_the_same_order():
    assert tuple(tool.spec for tool in built_in_tools()) == BUILT_IN_SPECS
    assert [spec.name for spec in BUILT_IN_SPECS] == ["calculator", "current_time", "web_search", "fetch_page"]
    assert all(tool.run and not tool.asks_first for tool in built_in_tools(searxng_url="http://127.0.0.1:8888"))


def test_the_specifications_pass_the_check_that_users_specifications_pass():
    for spec in BUILT_IN_SPECS:
        assert read_spec({"name": spec.name, "description": spec.description, "parameters": spec.parameters}) == spec


def test_a_visitors_zone_reaches_the_clock():
    clock = built_in_tools(local_zone=ZoneInfo("Asia/Tokyo"))[1]
    assert "(Asia/Tokyo, UTC+09:00)" in clock.run(check_arguments(clock.spec, {}), CallContext()).text


def test_making_the_tools_reaches_no_network(internet):
    built_in_tools()
    SearxngSearch("http://127.0.0.1:8888")
    assert internet.looked_up == internet.connected == []


def test_the_contract_of_a_tool_is_imported_without_the_tools():
    code = "import sys, tools.tool; sys.exit(bool({'ddgs', 'trafilatura', 'pydantic'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
