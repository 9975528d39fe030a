"""Measure the demo model on held-out text and pictures: `python -m demo_model.evaluate --weights demo_model/weights`.

Greedy decoding without a grammar, so the figures are the model's own. See heldout/README.md for the text cases.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo_model.heldout.answering import Answerer
from demo_model.heldout.cases import SETS, Case, read_cases
from demo_model.heldout.checks import Verdict, judge

REPLY_TOKENS = 160
THINKING_TOKENS = 320
CALL_TASKS = ("one_call", "built_in_call", "two_calls", "next_call", "no_call")
TEXT_TASKS = (
    *CALL_TASKS,
    *("answer", "recall", "system_prompt", "identity", "small_talk", "refusal", "thinking", "no_thinking"),
)
VISION = "vision"
ATTRIBUTES = ("colour", "shape", "size", "position")
TARGETS = {
    "tool choice": 0.95,
    "arguments exact": 0.90,
    "recall": 0.95,
    "refusal": 0.95,
    "vision attributes": 0.95,
    "vision count": 0.90,
    "vision words": 0.85,
}
"""What the model is meant to reach; rows without an entry are reported only."""


@dataclass(frozen=True)
class Answer:
    """A case, the reply to it, and what that is worth."""

    case: Case
    reply: str
    verdict: Verdict


@dataclass(frozen=True)
class Row:
    """One line of the table. `missed` is None where the row has no target."""

    task: str
    right: int
    total: int

    @property
    def score(self) -> float:
        """Share of right replies, 0 to 1."""
        return self.right / self.total

    @property
    def target(self) -> float | None:
        """The least score that is wanted."""
        return TARGETS.get(self.task)


def main() -> None:
    """Evaluate a checkpoint as the command line says, and print a table of each set of cases and one of pictures."""
    options = _arguments()
    started = time.monotonic()
    answerer = Answerer(options.weights)
    tasks = options.task or [*TEXT_TASKS, VISION]
    record: dict[str, object] = {}
    for name in options.cases or SETS:
        answers = answer_all(answerer, _chosen(read_cases(SETS[name]), tasks, options.limit))
        rows = text_rows(answers)
        if options.show_failures:
            print("\n\n".join(describe(answer) for answer in answers if not answer.verdict.passed), end="\n\n")
        print(f"{name} cases\n\n{markdown(rows)}\n", flush=True)
        record[name] = _record(rows, answers)
    if VISION in tasks:
        rows = vision_rows(answerer, options.pictures)
        print(f"pictures\n\n{markdown(rows)}\n")
        record["pictures"] = _record(rows, [])
    print(f"{time.monotonic() - started:.0f} s")
    if options.out:
        options.out.write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")


def answer_all(
    answerer: Answerer,
    cases: Sequence[Case],
    *,
    tokens: int = REPLY_TOKENS,
    thinking_tokens: int = THINKING_TOKENS,
) -> list[Answer]:
    """Replies to the cases with their verdicts; a reply ends after so many tokens."""
    answers = []
    for thinking, budget in ((False, tokens), (True, thinking_tokens)):
        group = [case for case in cases if case.thinking == thinking]
        replies = answerer.replies([case.turn for case in group], budget)
        answers += [
            Answer(case, reply, judge(case.expected, reply, thinking=thinking))
            for case, reply in zip(group, replies, strict=True)
        ]
    return answers


def text_rows(answers: Sequence[Answer]) -> list[Row]:
    """The table's lines on text: calls as choice, then as arguments where the choice was right, then each task."""
    by_task = {task: [a.verdict for a in answers if a.case.task == task] for task in TEXT_TASKS}
    calls = [verdict for task in CALL_TASKS for verdict in by_task[task]]
    rows = [_row("tool choice", (verdict.chosen for verdict in calls))]
    rows += [_row(f"- {task}", (verdict.chosen for verdict in by_task[task])) for task in CALL_TASKS]
    rows += [_row("arguments exact", (verdict.exact for verdict in calls))]
    rows += [_row(f"- {task}", (verdict.exact for verdict in by_task[task])) for task in CALL_TASKS[:-1]]
    rows += [_row(task, (v.passed for v in by_task[task])) for task in TEXT_TASKS if task not in CALL_TASKS]
    return [row for row in rows if row.total]


def vision_rows(answerer: Answerer, pictures: int) -> list[Row]:
    """The table's lines on pictures."""
    from demo_model.vision.heldout import evaluate_vision

    return grouped_vision_rows(evaluate_vision(answerer.look, pictures))


def grouped_vision_rows(scores: Mapping[str, tuple[int, int]]) -> list[Row]:
    """Right answers and questions by task, as lines: the attributes of a shape together first, then each task."""
    attributes = [scores[task] for task in ATTRIBUTES]
    rows = [Row("vision attributes", sum(right for right, _ in attributes), sum(total for _, total in attributes))]
    rows += [Row(f"- {task}", *scores[task]) for task in ATTRIBUTES]
    return rows + [Row(f"vision {task}", *score) for task, score in scores.items() if task not in ATTRIBUTES]


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| task | n | score | target |", "|---|---|---|---|"]
    for row in rows:
        target = "" if row.target is None else f"{row.target:.0%}" + ("" if row.score >= row.target else " (missed)")
        lines.append(f"| {row.task.replace('_', ' ')} | {row.total} | {row.score:.1%} | {target} |")
    return "\n".join(lines)


def describe(answer: Answer) -> str:
    """A wrong reply beside what was asked and expected."""
    asked = answer.case.turn.messages[-1]
    text = asked.text or " / ".join(getattr(part, "text", "") for part in asked.parts)
    offered = " ".join(spec.name for spec in answer.case.turn.tools)
    wanted = json.dumps(answer.case.expected, ensure_ascii=False)
    return f"{answer.case.id} [{offered}]\n  asked: {text}\n  wants: {wanted}\n  reply: {answer.reply}"


def _row(task: str, marks: Iterable[bool | None]) -> Row:
    counted = [mark for mark in marks if mark is not None]
    return Row(task, sum(counted), len(counted))


def _chosen(cases: Iterable[Case], tasks: Sequence[str], limit: int | None) -> list[Case]:
    by_task = {task: [case for case in cases if case.task == task] for task in tasks}
    return [case for group in by_task.values() for case in group[:limit]]


def _record(rows: Iterable[Row], answers: Iterable[Answer]) -> dict[str, object]:
    table = [{"task": row.task, "right": row.right, "total": row.total, "target": row.target} for row in rows]
    replies = [
        {"id": answer.case.id, "passed": answer.verdict.passed, "reply": answer.reply}
        for answer in sorted(answers, key=lambda answer: answer.case.id)
    ]
    return {"table": table, "replies": replies}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo_model.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path(__file__).parent / "weights", help="checkpoint folder")
    parser.add_argument("--task", action="append", choices=[*TEXT_TASKS, VISION], help="only this; may be repeated")
    parser.add_argument("--cases", action="append", choices=[*SETS], help="only this set; may be repeated")
    parser.add_argument("--limit", type=int, help="at most so many cases of each text task")
    parser.add_argument("--pictures", type=int, default=60, help="pictures for each vision task")
    parser.add_argument("--out", type=Path, help="also write tables and replies to this JSON file")
    parser.add_argument("--show-failures", action="store_true", help="print each wrong reply before the table")
    return parser.parse_args()


if __name__ == "__main__":
    main()
