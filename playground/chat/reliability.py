"""How reliably a model uses a tool: each phrasing is asked once, nothing is run, and the call is judged.

A phrasing is one line: a request, and after an arrow what should happen.

    Where is my order 1234?  -> {"number": 1234}     a call with exactly these arguments
    Hello there              -> no call              an answer in words
    Track parcel 99                                  a call, whatever its arguments
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from playground.backends.backend import Backend
from playground.errors import CallerError, PlaygroundError
from playground.events import Finished, end_of
from playground.messages import ToolCall, user
from playground.options import Options
from playground.turn import Turn
from tools.arguments import check_arguments
from tools.tool import ToolError, ToolSpec

ARROW = "->"
NO_CALL = "no call"
MOST_PHRASINGS = 200


@dataclass(frozen=True)
class Phrasing:
    """A request. `wants_call` says whether the tool should be called; `arguments` with what, None when any will do."""

    text: str
    wants_call: bool = True
    arguments: dict[str, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What the model did with a phrasing. `called` are the names of the calls, `arguments` those of the tool's first.

    `decided`: it was called when it should be and not when it should not. `valid`: its arguments fit the schema.
    `exact`: they are the expected ones; None where nothing was expected of them. `said` is the answer, or the error.
    """

    phrasing: Phrasing
    called: tuple[str, ...]
    arguments: dict[str, Any] | None
    decided: bool
    valid: bool
    exact: bool | None
    said: str
    failed: bool = False

    @property
    def passed(self) -> bool:
        """Whether everything that was asked of it holds."""
        return not self.failed and self.decided and self.valid and self.exact is not False


@dataclass(frozen=True)
class Score:
    """Shares from 0 to 1; None where no phrasing asked for it."""

    asked: int
    passed: float | None
    called_when_needed: float | None
    silent_when_not: float | None
    valid_arguments: float | None
    exact_arguments: float | None


def read_phrasings(text: str, spec: ToolSpec) -> tuple[Phrasing, ...]:
    """The phrasings in a text, one a line.

    Raises: CallerError naming the line that cannot be read, or when there are none or too many.
    """
    found = [_phrasing(line, number, spec) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not found:
        raise CallerError("There is no phrasing to try. Write one request a line.", param="phrasings")
    if len(found) > MOST_PHRASINGS:
        raise CallerError(
            f"There are {len(found)} phrasings; at most {MOST_PHRASINGS} are tried at once.", param="phrasings"
        )
    return tuple(found)


def measure(
    spec: ToolSpec,
    phrasings: Sequence[Phrasing],
    backend: Backend,
    options: Options,
    cancel: threading.Event,
    others: Sequence[ToolSpec] = (),
) -> Iterator[Outcome]:
    """One outcome for each phrasing, as they come, until `cancel` is set. `others` are declared beside the tool."""
    for phrasing in phrasings:
        if cancel.is_set():
            return
        turn = Turn((user(phrasing.text),), (spec, *others), options)
        outcome = _judge(phrasing, spec, _end(turn, backend, cancel))
        if not cancel.is_set():
            yield outcome


def score(outcomes: Iterable[Outcome]) -> Score:
    """The shares of what went well."""
    every = list(outcomes)
    wanted = [one for one in every if one.phrasing.wants_call]
    made = [one for one in every if one.arguments is not None]
    return Score(
        asked=len(every),
        passed=_share(one.passed for one in every),
        called_when_needed=_share(one.decided for one in wanted),
        silent_when_not=_share(one.decided for one in every if not one.phrasing.wants_call),
        valid_arguments=_share(one.valid for one in made),
        exact_arguments=_share(bool(one.exact) for one in wanted if one.exact is not None),
    )


def _share(rights: Iterable[bool]) -> float | None:
    values = list(rights)
    return sum(values) / len(values) if values else None


def _phrasing(line: str, number: int, spec: ToolSpec) -> Phrasing:
    text, arrow, wish = (part.strip() for part in line.rpartition(ARROW))
    if not arrow:
        return Phrasing(line.strip())
    if not text:
        raise CallerError(f"Line {number} has no request before its {ARROW}.", param="phrasings")
    if wish.lower() == NO_CALL:
        return Phrasing(text, wants_call=False)
    try:
        arguments = json.loads(wish)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise CallerError(
            f"Line {number}: after {ARROW} stands {wish[:80]!r}. Write the expected arguments as a JSON object, or "
            f"“{NO_CALL}”, or nothing.",
            param="phrasings",
        )
    try:
        return Phrasing(text, arguments=check_arguments(spec, arguments))
    except ToolError as error:
        raise CallerError(f"Line {number} expects arguments that the tool does not take: {error}") from error


def _end(turn: Turn, backend: Backend, cancel: threading.Event) -> Finished | PlaygroundError:
    try:
        return end_of(backend.reply(turn, cancel))
    except PlaygroundError as error:
        return error


def _judge(phrasing: Phrasing, spec: ToolSpec, end: Finished | PlaygroundError) -> Outcome:
    if isinstance(end, PlaygroundError):
        return Outcome(phrasing, (), None, False, False, _matches(spec, None, phrasing), end.message, failed=True)
    calls = [call for message in end.messages for call in message.calls]
    own = next((call for call in calls if call.name == spec.name), None)
    said = "\n".join(message.text for message in end.messages if message.text.strip())
    return Outcome(
        phrasing=phrasing,
        called=tuple(call.name for call in calls),
        arguments=dict(own.arguments) if own else None,
        decided=bool(own) == phrasing.wants_call,
        valid=own is None or _fits(spec, own),
        exact=_matches(spec, own, phrasing),
        said=said,
    )


def _fits(spec: ToolSpec, call: ToolCall) -> bool:
    try:
        check_arguments(spec, call.arguments)
    except ToolError:
        return False
    return True


def _matches(spec: ToolSpec, call: ToolCall | None, phrasing: Phrasing) -> bool | None:
    if phrasing.arguments is None:
        return None
    return call is not None and _fits(spec, call) and check_arguments(spec, call.arguments) == phrasing.arguments
