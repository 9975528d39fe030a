"""Tools from a Python file: found in order, and refused with the reason."""

import pytest

from tools.python_file import ToolFileError, read_tool_file
from tools.tool import CallContext

FILE = '''
from tools.from_function import tool


@tool
def roll(sides: int = 6) -> str:
    """Roll a die."""
    return f"{helper()} of {sides}"


def helper() -> int:
    return 4


@tool(name="wipe_disk", asks_first=True)
def wipe() -> str:
    """Wipe the disk."""
    return "wiped"
'''


def test_its_tools_are_found_in_their_order_and_can_be_run(tmp_path):
    (tmp_path / "dice.py").write_text(FILE)
    roll, wipe = read_tool_file(tmp_path / "dice.py")
    assert (roll.spec.name, wipe.spec.name) == ("roll", "wipe_disk")
    assert roll.run({"sides": 12}, CallContext()).text == "4 of 12"
    assert (roll.asks_first, wipe.asks_first) == (False, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is not there"),
        ("x = 1", "no function with @tool"),
        ("def broken(:", "SyntaxError"),
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("from tools.from_function import tool\n@tool\ndef bare(x):\n    'Text.'", "no type hint for 'x'"),
    ],
)
def test_what_gives_no_tools_is_refused_with_the_reason(content, words, tmp_path):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ToolFileError, match=r"mine\.py") as refused:
        read_tool_file(path)
    assert words in str(refused.value)


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text(FILE)
    with pytest.raises(ToolFileError, match=r"end in \.py"):
        read_tool_file(tmp_path / "mine.txt")
