"""The command that writes `tools.jsonl`, `tools_more.jsonl` and `tools_heldout.jsonl`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from embedded_model.dialogues import DATA
from embedded_model.tool_dialogues.writer import lines, write_dialogues, write_more


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files."""
    parser = ArgumentParser(prog="python -m embedded_model.tool_dialogues", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=DATA, metavar="FOLDER", help="where to; %(default)s if left out")
    write_files(parser.parse_args(arguments).out)


def write_files(folder: Path) -> None:
    """Writes the files into a folder."""
    training, held_out = write_dialogues()
    (folder / "tools.jsonl").write_text("".join(lines(training, "tools")), encoding="utf-8")
    more = lines(write_more(training, held_out), "tools", first=len(training) + 1)
    (folder / "tools_more.jsonl").write_text("".join(more), encoding="utf-8")
    (folder / "tools_heldout.jsonl").write_text("".join(lines(held_out, "toolsheld")), encoding="utf-8")


if __name__ == "__main__":
    main()
