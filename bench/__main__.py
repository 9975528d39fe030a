"""Measure, and write `docs/benchmarks.md` with its plots, and the small table of README.md.

    python -m bench                          everything
    python -m bench --quick                  once each and short: does the suite work?
    python -m bench --only decode,prefill    some tasks; the others keep the figures of their last run
    python -m bench --only none              write the page again from the last figures
    python -m bench --prepare                write the models' files and measure nothing

Each task lets our engine and its peers take turns, each in a process of its own, and measures beside them how fast
this machine reads memory and multiplies. The first run writes about 8 GB of models with random weights to --folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from bench import model_files
from bench.about import about
from bench.lab import BITS, Lab
from bench.readme_table import write_table
from bench.remote import Remote
from bench.render import write_page
from bench.results import FOLDER, Result, Row, load_all, save
from bench.shapes import SHAPES
from bench.writing import Spec

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
SIDE_BY_SIDE = ("decode", "streams", "prefill", "chat", "grammar", "parts")
TASKS = (
    "decode",
    "parts",
    "prefill",
    "chat",
    "streams",
    "speculation",
    "grammar",
    "page",
    "tab",
    "embedded",
    "memory",
    "cold_start",
)


def main(arguments: list[str] | None = None) -> int:
    """Gives the exit code."""
    args = _parser().parse_args(arguments)
    if args.only or args.prepare:
        with Remote("machine", Spec(args.folder, "bf16", args.threads)) as machine:
            longest = 512 if args.quick else args.longest
            _work(Lab(args.folder, args.model, args.quick, args.threads, machine, longest, args.rounds), args)
    results = load_all(TASKS, args.results)
    write_page(results, args.page, TASKS)
    if args.page == PAGE:
        write_table(results, ROOT / "README.md")
    print(f"wrote {args.page}", file=sys.stderr)
    return 0


def _work(lab: Lab, args: argparse.Namespace) -> None:
    if args.prepare:
        for bits in BITS:
            lab.spec(bits)
        model_files.repeating(lab.folder, lab.shape_name, lab.shape)
        return
    _measure_side_by_side(lab, [task for task in args.only if task in SIDE_BY_SIDE], args)
    for task in [task for task in args.only if task not in SIDE_BY_SIDE]:
        begin = time.perf_counter()
        print(f"{task} …", file=sys.stderr)
        _keep(task, import_module(f"bench.tasks.{task}").run(lab), [], args)
        print(f"{task}: {time.perf_counter() - begin:.0f} s", file=sys.stderr)


def _measure_side_by_side(lab: Lab, tasks: list[str], args: argparse.Namespace) -> None:
    """The tasks that all peers take part in, a format after the other, as loading takes longer than measuring."""
    rows: dict[str, list[Row]] = {task: [] for task in tasks}
    for bits in BITS if tasks else ():
        with lab.table(bits) as table:
            for task in tasks:
                print(f"{bits} {task} …", file=sys.stderr)
                _keep(task, import_module(f"bench.tasks.{task}").measure(table), rows[task], args)


def _keep(task: str, found: Iterable[Row], rows: list[Row], args: argparse.Namespace) -> None:
    """Add to a task's rows and save them, each at once, so that a run that is cut off keeps what it has."""
    for row in found:
        rows.append(row)
        save(Result(task, rows, about(args.threads, args.model, args.quick)), args.results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_tasks, default=TASKS, metavar="TASK,…", help=f"of {', '.join(TASKS)}; or none")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--prepare", action="store_true")
    parser.add_argument(
        "--model", choices=SHAPES, default="1b", help="shape of the models; tiny tries the suite itself"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=9, help="most rounds of a measurement")
    parser.add_argument("--longest", type=int, default=8192, help="longest prompt, in tokens")
    parser.add_argument("--folder", type=Path, default=model_files.default_folder(), help="where models are kept")
    parser.add_argument("--results", type=Path, default=FOLDER, help="where figures are kept")
    parser.add_argument("--page", type=Path, default=PAGE)
    return parser


def _tasks(text: str) -> tuple[str, ...]:
    names = () if text == "none" else tuple(text.split(","))
    for name in names:
        if name not in TASKS:
            raise argparse.ArgumentTypeError(f"there is no task {name!r}; choose of {', '.join(TASKS)}, or none")
    return names


if __name__ == "__main__":
    sys.exit(main())
