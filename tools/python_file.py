"""Tools from a Python file: every function in it that `tools.from_function.tool` was put on.

The file is run as whoever starts the server runs any program of theirs; nothing that a visitor sends can name one.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tools.tool import Tool, ToolError


class ToolFileError(ToolError):
    """The file gives no tools; the text says why."""


def read_tool_file(path: Path) -> tuple[Tool, ...]:
    """The tools of a file, in the order in which they stand there.

    Raises: ToolFileError when it cannot be read or run, or holds no tools.
    """
    if not path.is_file():
        raise ToolFileError(f"{path} is not there. Name a Python file that has functions with @tool.")
    spec = importlib.util.spec_from_file_location(f"tool_file_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ToolFileError(f"{path} is no Python file: its name has to end in .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise ToolFileError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    found = tuple(value for value in vars(module).values() if isinstance(value, Tool))
    if not found:
        raise ToolFileError(f"{path} has no function with @tool (from tools.from_function import tool).")
    return found
