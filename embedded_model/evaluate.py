"""Judge an adapter on what it was not trained on, and print the table of its card.

    python -m embedded_model.evaluate [--adapter FOLDER] [--limit N] [--replies FILE]

Greedy and without a grammar: the model's own odds decide every token. Every reply is cut off after 120 tokens.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from embedded_model.dialogues import DATA, HELD_OUT, Dialogue, read_dialogues
from embedded_model.judging import Case, check, read_cases, words_and_numbers
from playground.backends.embedded import ADAPTER, EmbeddedModel
from playground.dialects.gemma3 import Gemma3
from playground.dialects.token_text import TokenText
from playground.engine.kv_cache import KVCache
from playground.engine.runner import Runner
from playground.engine.weights import Source, load
from playground.events import CallReady, TextDelta
from playground.messages import Message, ToolCall, ToolResult
from playground.turn import Turn

LONGEST = 120
ROWS = 16
"""Replies that are written side by side."""


@dataclass(frozen=True)
class Reply:
    """What the model wrote, read as the app reads it."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True)
class Item:
    """One thing to judge: what is asked, and whether a reply to it is right."""

    id: str
    turn: Turn
    is_right: Callable[[Reply], bool]


@dataclass
class _Row:
    """A reply that is being written."""

    cache: KVCache
    ids: list[int]
    ended: bool = False


class Writer:
    """Writes greedy replies."""

    def __init__(self, adapter: Path) -> None:
        model = EmbeddedModel()
        model.prepare()
        loaded = load(Source(model.place, (adapter,)))
        self._dialect = Gemma3()
        self._tokens = TokenText(loaded.tokenizer, Gemma3.control_tokens, Gemma3.image_tokens)
        self._stops = loaded.stop_ids | self._tokens.ids_of(Gemma3.stop_tokens)
        self._forbidden = sorted(loaded.forbidden_ids - self._stops)
        self._runner = Runner(loaded.model)
        self.computing = f"{loaded.precision.name}, {self._runner.path}"

    @torch.inference_mode()
    def replies(self, turns: Sequence[Turn]) -> list[Reply]:
        """One for each turn, in their order."""
        written: list[Reply] = []
        for start in range(0, len(turns), ROWS):
            group = turns[start : start + ROWS]
            rows = [self._open(turn) for turn in group]
            while active := [row for row in rows if not row.ended]:
                logits = self._runner.decode([(row.cache, row.ids[-1:]) for row in active])
                for row, line in zip(active, logits, strict=True):
                    self._take(row, line)
            written += [self._read(turn, row) for turn, row in zip(group, rows, strict=True)]
        return written

    def _open(self, turn: Turn) -> _Row:
        row = _Row(self._runner.new_cache(), [])
        prompt = self._tokens.encode(self._dialect.render(turn)).ids
        self._take(row, self._runner.logits(self._runner.read(row.cache, prompt))[0])
        return row

    def _take(self, row: _Row, logits: torch.Tensor) -> None:
        logits[self._forbidden] = -torch.inf
        row.ids.append(int(logits.argmax()))
        row.ended = row.ids[-1] in self._stops or len(row.ids) == LONGEST

    def _read(self, turn: Turn, row: _Row) -> Reply:
        reader, stream = self._dialect.reader(turn), self._tokens.stream()
        ids = row.ids[:-1] if row.ids[-1] in self._stops else row.ids
        pieces = [piece for token in ids for piece in stream.feed(token)] + stream.finish()
        events = [event for piece in pieces for event in reader.feed(piece)] + reader.finish()
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        return Reply(text, tuple(event.call for event in events if isinstance(event, CallReady)))


def _before(dialogue: Dialogue, end: int) -> Turn:
    return replace(dialogue.turn, messages=dialogue.turn.messages[:end])


def _first_answer(dialogue: Dialogue) -> int:
    return next(at for at, message in enumerate(dialogue.turn.messages) if message.role == "assistant")


def _same_names(wanted: Sequence[ToolCall]) -> Callable[[Reply], bool]:
    names = sorted(call.name for call in wanted)
    return lambda reply: sorted(call.name for call in reply.calls) == names


def _same_calls(wanted: Sequence[ToolCall]) -> Callable[[Reply], bool]:
    calls = _spelled(wanted)
    return lambda reply: _spelled(reply.calls) == calls


def _spelled(calls: Iterable[ToolCall]) -> list[str]:
    return sorted(json.dumps([call.name, dict(call.arguments)], sort_keys=True) for call in calls)


def needs_a_tool(dialogues: Sequence[Dialogue], right: Callable[..., Callable[[Reply], bool]]) -> Iterator[Item]:
    """First answers that are calls."""
    for one in dialogues:
        at = _first_answer(one)
        if calls := one.turn.messages[at].calls:
            yield Item(one.id, _before(one, at), right(calls))


def needs_no_tool(dialogues: Sequence[Dialogue]) -> Iterator[Item]:
    """First answers that are texts."""
    for one in dialogues:
        at = _first_answer(one)
        if not one.turn.messages[at].calls:
            yield Item(one.id, _before(one, at), lambda reply: not reply.calls)


def answers_from_results(dialogues: Sequence[Dialogue]) -> Iterator[Item]:
    """Last answers that come right after a result, the calls before them being the right ones."""
    for one in dialogues:
        *_, before, answer = one.turn.messages
        if before.role == "tool" and (facts := told(before, answer)):
            yield Item(one.id, _before(one, len(one.turn.messages) - 1), _states(facts))


def told(result: Message, answer: Message) -> frozenset[str]:
    """The numbers and names of a result that a written answer repeats; for want of those, its longer words."""
    texts = " ".join(part.text for part in result.parts if isinstance(part, ToolResult))
    shared = {
        word for word in words_and_numbers(answer.text) if word.lower() in set(map(str.lower, words_and_numbers(texts)))
    }
    telling = {word for word in shared if word[0].isupper() or any(map(str.isdigit, word))}
    return frozenset(word.lower() for word in telling or {word for word in shared if len(word) > 3})


def _states(facts: frozenset[str]) -> Callable[[Reply], bool]:
    return lambda reply: not reply.calls and facts <= {word.lower() for word in words_and_numbers(reply.text)}


def checked(cases: Sequence[Case]) -> Iterator[Item]:
    """Questions with checks."""
    for case in cases:
        yield Item(case.id, case.turn, _passes(case))


def _passes(case: Case) -> Callable[[Reply], bool]:
    return lambda reply: check(reply.text, case.checks)


def sections(limit: int | None) -> dict[str, list[Item]]:
    """All that is judged, by the table's words for it, at most `limit` of each."""
    tools = read_dialogues(DATA / f"{HELD_OUT}.jsonl")
    found: dict[str, Iterator[Item]] = {
        "recall over 3 to 6 questions": checked(read_cases("recall")),
        "simple system texts obeyed": checked(read_cases("system_prompts")),
        "everyday questions": checked(read_cases("everyday")),
        "answers in JSON of a schema, every value right": checked(read_cases("shaped")),
        "right tool called, unseen tools and wording": needs_a_tool(tools, _same_names),
        "name and all arguments exact": needs_a_tool(tools, _same_calls),
        "no call where none is right": needs_no_tool(tools),
        "answer states what the result says": answers_from_results(tools),
    }
    return {name: list(items)[:limit] for name, items in found.items()}


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", type=Path, default=ADAPTER)
    parser.add_argument("--limit", type=int, help="judge only so many of each sort")
    parser.add_argument("--threads", type=int, default=0, help="on the CPU; 0 takes what torch takes")
    parser.add_argument("--replies", type=Path, help="write every reply there, one line of JSON each")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    writer = Writer(args.adapter)
    known: dict[str, Reply] = {}
    lines: list[str] = []
    print("| measured, greedy, no grammar | right |\n|---|---|")
    for name, items in sections(args.limit).items():
        turns = {_key(item): item.turn for item in items if _key(item) not in known}
        known.update(zip(turns, writer.replies(list(turns.values())), strict=True))
        right = sum(item.is_right(known[_key(item)]) for item in items)
        print(f"| {name} | {right} of {len(items)} |", flush=True)
        lines += [_line(name, item, known[_key(item)]) for item in items]
        if args.replies:
            args.replies.write_text("".join(lines), encoding="utf-8")
    print(f"\nComputed in {writer.computing}.")


def _key(item: Item) -> str:
    """Two sections may ask the same."""
    return f"{item.id} {len(item.turn.messages)}"


def _line(name: str, item: Item, reply: Reply) -> str:
    asked = item.turn.messages[-1].text
    calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in reply.calls]
    row = {"section": name, "id": item.id, "asked": asked, "reply": reply.text, "calls": calls}
    return json.dumps({**row, "right": item.is_right(reply)}, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
