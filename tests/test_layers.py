"""The architecture's import order, checked on the source: imports point only down."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = (
    ("app", "playground.settings"),
    ("playground.ui", "playground.api"),
    ("playground.chat",),
    ("playground.backends",),
    ("playground.wire", "playground.dialects", "playground.engine"),
    ("playground",),
    ("tools",),
)
"""Top first. Rooms within one layer never import each other; `playground` stands for its value files."""
SOURCES = sorted(
    path
    for path in [ROOT / "app.py", *(ROOT / "playground").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    if path.exists()
)


def room(module: str) -> tuple[int, str]:
    """The layer's number and the room's name of a dotted module of ours; the longest matching name wins."""
    names = [(len(name), number, name) for number, layer in enumerate(LAYERS) for name in layer]
    fitting = [(size, number, name) for size, number, name in names if f"{module}.".startswith(f"{name}.")]
    _, number, name = max(fitting)
    return number, name


def imported(path: Path) -> set[str]:
    """The modules of ours that a file imports, wherever in the file the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: imports are written out in full"
            found.add(node.module or "")
    return {name for name in found if name.split(".")[0] in {"app", "playground", "tools"}}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path):
    here, own_room = room(module_of(path))
    for name in imported(path):
        there, their_room = room(name)
        if their_room == own_room or their_room == "playground.settings":
            continue
        assert there > here, f"{module_of(path)} imports {name}, which is not below it"


def test_the_check_finds_an_upward_import(tmp_path: Path):
    file = tmp_path / "engine.py"
    file.write_text("def late():\n    from playground.chat import loop\n")
    assert imported(file) == {"playground.chat"}
    assert room("playground.chat")[0] < room("playground.engine.engine")[0]
