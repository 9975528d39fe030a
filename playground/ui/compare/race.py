"""One prompt to several columns at once, each a model with settings: what is sent, and all answers while they grow."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.chat.loop import run
from playground.chat.recording import record
from playground.errors import CallerError, PlaygroundError
from playground.events import Finished
from playground.messages import Message, system
from playground.options import Options, parse_options
from playground.turn import Signals, Turn
from playground.ui.answering import figures_of, stage_of, text_of
from playground.ui.inside.recordings import is_whole, new_id, to_keep, without_pictures
from playground.ui.options_panel import shown_options
from playground.ui.running_reply import INTERVAL_S, RunningReply
from playground.ui.segments import GrowingReply
from playground.ui.services import Services
from playground.ui.transcript import Exchange, Transcript, note_of
from playground.usage_log import Caller

LEAST, MOST = 2, 4
"""Columns of one comparison."""


@dataclass(frozen=True)
class Column:
    """Who is asked, and how."""

    model: str
    options: Options
    system: str = ""

    @property
    def label(self) -> str:
        """The model and what else sets it apart, in a few words."""
        named = sorted(self.options.model_fields_set - {"seed"})
        words = [self.model, *(f"{name} {getattr(self.options, name)}" for name in named)]
        return ", ".join([*words, "own system prompt"] if self.system.strip() else words)[:120]


@dataclass(frozen=True)
class Standing:
    """One column's answer as it stands. `finished` and `figures` come with its end, `error` if it failed."""

    column: Column
    text: str = ""
    stage: str = "waiting"
    figures: str = ""
    finished: Finished | None = None
    error: PlaygroundError | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.finished is not None or self.error is not None


def read_columns(rows: Any, default_model: str) -> list[Column]:
    """Columns from what a page or a program says: a `model` each, a `system` prompt, and options by their names.

    Raises: CallerError naming the column and what is wrong with it.
    """
    if not isinstance(rows, list) or not LEAST <= len(rows) <= MOST:
        raise CallerError(f"A comparison takes a list of {LEAST} to {MOST} columns.", param="columns")
    found = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise CallerError(f"Column {number} is {row!r:.60}; it must be an object.", param="columns")
        options = {name: value for name, value in row.items() if name not in {"model", "system"}}
        try:
            column = Column(
                str(row.get("model") or default_model), parse_options(options), str(row.get("system") or "")
            )
        except CallerError as error:
            raise CallerError(f"Column {number}: {error.message}", param="columns") from error
        found.append(column)
    return found


def race(
    question: Message, columns: Sequence[Column], services: Services, caller: str, stop: threading.Event
) -> Iterator[list[Standing]]:
    """All answers as they stand, some fifteen times a second, until all are over. `stop` ends them; so does leaving.

    What is wrong with one column is said in it; the others go on.
    """
    lanes = [_Lane(question, column, services, caller) for column in columns]
    try:
        while True:
            now = [lane.standing() for lane in lanes]
            yield now
            if all(one.is_over for one in now):
                return
            time.sleep(INTERVAL_S)
            if stop.is_set():
                for lane in lanes:
                    lane.stop()
    finally:
        for lane in lanes:
            lane.stop()


def conversation_of(question: Message, standing: Standing) -> dict[str, Any] | None:
    """The column as a conversation for the browser to keep, with its settings; None where nothing was answered."""
    finished, column = standing.finished, standing.column
    if finished is None or not finished.messages:
        return None
    turn = _turn(question, column)
    run_id = new_id() if is_whole(finished.card) else ""
    note = note_of(finished, GrowingReply(), column.model, run=run_id)
    settings = {
        "model": column.model,
        "system": column.system,
        "tools": [],
        "prefill": "",
        "options": shown_options(column.options),
    }
    runs = {run_id: without_pictures(record(turn, finished))} if run_id else {}
    return to_keep(Transcript((Exchange(question, finished.messages, note),)), settings, "refuse", runs)


def _turn(question: Message, column: Column) -> Turn:
    head = (system(column.system),) if column.system.strip() else ()
    return Turn((*head, question), (), column.options)


class _Lane:
    """One column's reply, or why there is none."""

    def __init__(self, question: Message, column: Column, services: Services, caller: str) -> None:
        self._column = column
        self._reply: RunningReply | None = None
        self._error: PlaygroundError | None = None
        try:
            services.check(question, column.model)
            backend = services.backend(column.model)
        except PlaygroundError as error:
            self._error = error
            return
        signals, name = Signals(), backend.capabilities.name
        events = run(_turn(question, column), backend, {}, signals)
        self._reply = RunningReply(services.meter.watch(events, Caller(caller, "compare"), name), signals, name)

    def standing(self) -> Standing:
        if self._reply is None:
            return Standing(self._column, error=self._error)
        return self._reply.look(self._of)

    def stop(self) -> None:
        if self._reply is not None:
            self._reply.stop()

    def _of(self, grown: GrowingReply) -> Standing:
        failed = grown.failed.error if grown.failed is not None else None
        return Standing(self._column, text_of(grown), stage_of(grown), figures_of(grown), grown.finished, failed)
