"""Runs, one case after the other, in a thread of their own: whoever watches reads the store.

Cases are asked one at a time, so that the seconds of a case are its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from playground.backends.backend import Backend
from playground.chat.evals.cases import Case
from playground.chat.evals.checks import Verdict, asked_of, judged
from playground.chat.evals.store import EvalStore, Result
from playground.chat.loop import run as reply
from playground.chat.metered import Meter
from playground.errors import CallerError, PlaygroundError
from playground.events import Finished, end_of
from playground.grammar import JsonSchema
from playground.messages import system, user
from playground.options import Options, parse_options
from playground.turn import Turn
from playground.usage_log import Caller
from tools.tool import Tool

CLOSE_S = 5.0
LONGEST_ANSWER = 20_000
"""Characters of an answer that are kept."""


class EvalRunner:
    """Works off runs in the order in which they were started. Safe to use from any thread.

    `resolve` gives a model by name and raises ModelUnavailable; `tools` are those that cases may have run.
    """

    def __init__(
        self, store: EvalStore, resolve: Callable[[str], Backend], tools: Mapping[str, Tool], meter: Meter
    ) -> None:
        self.store = store
        self._resolve = resolve
        self._tools = tools
        self._meter = meter
        self._lock = threading.Lock()
        self._waiting: deque[int] = deque()
        self._now: int | None = None
        self._cancel = threading.Event()
        self._problems: dict[int, str] = {}
        self._worker: threading.Thread | None = None

    def start(self, run: int) -> None:
        """Ask the cases of the run that have no result yet, after the runs that were started before."""
        with self._lock:
            if run == self._now or run in self._waiting:
                return
            self._problems.pop(run, None)
            self._waiting.append(run)
            if self._now is None:
                self._next()

    def stop(self, run: int | None = None) -> None:
        """Stop a run, or all of them, within a token. They can be started again."""
        with self._lock:
            if run is None:
                self._waiting.clear()
            elif run in self._waiting:
                self._waiting.remove(run)
            if run in (None, self._now):
                self._cancel.set()

    def state(self, run: int) -> str:
        """`running`, `waiting`, or what stopped it; empty when nothing is being done about it."""
        with self._lock:
            if run == self._now:
                return "running"
            return "waiting" if run in self._waiting else self._problems.get(run, "")

    def close(self) -> None:
        """Stop everything and close the store."""
        self.stop()
        if self._worker is not None:
            self._worker.join(CLOSE_S)
        self.store.close()

    @property
    def is_busy(self) -> bool:
        """Whether any run is being worked at."""
        with self._lock:
            return self._now is not None

    def _next(self) -> None:
        """Take the next run up. The lock is held."""
        self._now = self._waiting.popleft() if self._waiting else None
        if self._now is not None:
            self._cancel = threading.Event()
            arguments = (self._now, self._cancel)
            self._worker = threading.Thread(target=self._work, args=arguments, name="evals", daemon=True)
            self._worker.start()

    def _work(self, run: int, cancel: threading.Event) -> None:
        try:
            self._ask_all(run, cancel)
        except PlaygroundError as error:
            self._problems[run] = error.message
        finally:
            with self._lock:
                self._next()

    def _ask_all(self, run: int, cancel: threading.Event) -> None:
        about = self.store.run(run)
        backend = self._resolve(about.model)
        judge = self._resolve(about.judge or about.model)
        options = parse_options(about.options)
        done = self.store.results(run)
        for case in self.store.cases(run):
            if cancel.is_set():
                return
            if case.id in done and not done[case.id].failed:
                continue
            result = self._ask(case, backend, judge, options, cancel)
            if not cancel.is_set():
                self.store.add(run, result)

    def _ask(self, case: Case, backend: Backend, judge: Backend, options: Options, cancel: threading.Event) -> Result:
        began = time.monotonic()
        try:
            finished = self._answer(case, backend, options, cancel)
        except PlaygroundError as error:
            return Result(case.id, False, error.message, "", True, time.monotonic() - began, 0, 0)
        seconds = time.monotonic() - began
        said = [message.text for message in finished.messages if message.role == "assistant"]
        answer = said[-1].strip() if said else ""
        calls = [call.name for message in finished.messages for call in message.calls]
        usage = finished.usage
        try:
            verdict = self._judge(case, answer, calls, judge, cancel)
        except PlaygroundError as error:
            verdict = Verdict(False, f"The judge failed: {error.message}")
        kept = answer[:LONGEST_ANSWER]
        figures = (seconds, usage.prompt_tokens, usage.completion_tokens)
        return Result(case.id, verdict.passed, verdict.reason, kept, False, *figures)

    def _answer(self, case: Case, backend: Backend, options: Options, cancel: threading.Event) -> Finished:
        """Raises: the error of a reply that failed; CallerError for a case that this model cannot be asked."""
        if case.images and not backend.capabilities.images:
            raise CallerError(f"{backend.capabilities.name} reads text only.")
        if missing := [name for name in case.tools if name not in self._tools]:
            raise CallerError(f"There is no tool {missing[0]!r} here. There are: {', '.join(self._tools) or 'none'}.")
        toolbox = {name: self._tools[name] for name in case.tools}
        if case.schema is not None:
            options = options.model_copy(update={"response_format": JsonSchema(case.schema)})
        head = (system(case.system),) if case.system else ()
        specs = tuple(tool.spec for tool in toolbox.values())
        turn = Turn((*head, user(*case.images, case.prompt)), specs, options)
        events = self._meter.watch(reply(turn, backend, toolbox, cancel), Caller("evals"), backend.capabilities.name)
        return end_of(events)

    def _judge(self, case: Case, answer: str, calls: list[str], judge: Backend, cancel: threading.Event) -> Verdict:
        if case.check.kind == "judge":
            return asked_of(judge, case, answer, cancel)
        return judged(case.check, answer, calls)
