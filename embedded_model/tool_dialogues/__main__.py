"""The command that writes `tools.jsonl`, those about more tools, and `tools_heldout.jsonl`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from embedded_model.dialogues import DATA
from embedded_model.tool_dialogues.declarations import PARTS
from embedded_model.tool_dialogues.writer import lines, write_dialogues, write_part


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files."""
    parser = ArgumentParser(prog="python -m embedded_model.tool_dialogues", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=DATA, metavar="FOLDER", help="where to; %(default)s if left out")
    write_files(parser.parse_args(arguments).out)


def write_files(folder: Path) -> None:
    """Writes the files into a folder."""
    training, held_out = write_dialogues()
    (folder / "tools.jsonl").write_text("".join(lines(training, "tools")), encoding="utf-8")
    for part in PARTS:
        more = write_part(part, training, held_out)
        found = lines(more, "tools", first=len(training) + 1)
        (folder / f"tools_{part}.jsonl").write_text("".join(found), encoding="utf-8")
        training += more
    (folder / "tools_heldout.jsonl").write_text("".join(lines(held_out, "toolsheld")), encoding="utf-8")


if __name__ == "__main__":
    main()
