"""A backend by name whose model is loaded at its first request, with progress, and held only while it answers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator, Sequence

from playground.backends.backend import Capabilities, Sight, TokenCount
from playground.backends.inventory import Entry
from playground.backends.loaded_models import POLL_S, LoadedModels, Seat
from playground.engine.weights import LoadStep, Source
from playground.errors import Cancelled, PlaygroundError, ServerError
from playground.events import Event, Failed, Finished, Progress, Usage
from playground.messages import Image
from playground.token_trace import Trace
from playground.turn import Turn


class OnDemandBackend:
    """Implements `Backend` for a model that is on this machine (`entry.state` is `here`)."""

    def __init__(self, entry: Entry, models: LoadedModels) -> None:
        assert entry.source is not None, "only models that are here can answer"
        assert entry.checkpoint is not None, "only models that are here can answer"
        self._name = entry.name
        self._source: Source = entry.source
        self._models = models
        self._foreseen = Capabilities(
            name=entry.name,
            family=entry.checkpoint.family,
            context_tokens=entry.context_tokens,
            images=entry.images,
            thinking=True,
            tools=True,
        )

    @property
    def capabilities(self) -> Capabilities:
        """The loaded model's own, or what its files promise."""
        seat = self._models.take(self._source)
        if seat is None:
            return self._foreseen
        try:
            return seat.backend.capabilities
        finally:
            self._models.give_back(seat)

    def reply(self, turn: Turn, cancel: threading.Event) -> Iterator[Event]:
        """See `Backend.reply`. Loading shows as `Progress("loading", bytes, bytes)`."""
        try:
            seat = yield from self._seat(cancel)
        except Cancelled:
            yield Finished("cancelled", (), Usage(), turn.options.with_seed().seed or 0)
            return
        except PlaygroundError as error:
            yield Failed(error)
            return
        try:
            yield from seat.backend.reply(turn, cancel)
        finally:
            self._models.give_back(seat)

    def trace(self, turn: Turn, prompt_ids: Sequence[int], output_ids: Sequence[int], /) -> Trace:
        """See `Backend.trace`; loads the model if need be."""
        with self._models.hold(self._name, self._source) as backend:
            return backend.trace(turn, prompt_ids, output_ids)

    def count_tokens(self, turn: Turn) -> TokenCount:
        """See `Backend.count_tokens`; loads the model if need be."""
        with self._models.hold(self._name, self._source) as backend:
            return backend.count_tokens(turn)

    def sight(self, image: Image) -> Sight | None:
        """See `Backend.sight`; loads the model if need be."""
        with self._models.hold(self._name, self._source) as backend:
            return backend.sight(image)

    def _seat(self, cancel: threading.Event) -> Generator[Event, None, Seat]:
        """A hold on the model; events tell how far its load is.

        Raises: what loading raises.
        """
        if seat := self._models.take(self._source):
            return seat
        news: queue.SimpleQueue[LoadStep | Seat | PlaygroundError] = queue.SimpleQueue()
        stop = threading.Event()
        loader = threading.Thread(target=self._load, args=(news, stop), name="load", daemon=True)
        loader.start()
        taken = False
        try:
            while True:
                match _next(news):
                    case None:
                        if cancel.is_set():
                            stop.set()
                    case LoadStep() as step:
                        yield _progress(step)
                    case Seat() as seat:
                        taken = True
                        return seat
                    case error:
                        raise error
        finally:
            if not taken:  # the reply was given up: so is the load
                stop.set()
                loader.join()
                while item := _next(news, wait_s=0):
                    if isinstance(item, Seat):
                        self._models.give_back(item)

    def _load(self, news: queue.SimpleQueue[LoadStep | Seat | PlaygroundError], stop: threading.Event) -> None:
        try:
            news.put(self._models.load(self._name, self._source, report=news.put, cancel=stop))
        except PlaygroundError as error:
            news.put(error)
        except Exception as error:
            news.put(ServerError(f"{self._name} could not be loaded: {type(error).__name__}: {error}"))


def _next(
    news: queue.SimpleQueue[LoadStep | Seat | PlaygroundError], wait_s: float = POLL_S
) -> LoadStep | Seat | PlaygroundError | None:
    """The next item, of several load steps the last one: they come faster than anybody reads. None: nothing yet."""
    try:
        item = news.get(timeout=wait_s) if wait_s else news.get_nowait()
        while isinstance(item, LoadStep) and not news.empty():
            item = news.get_nowait()
    except queue.Empty:
        return None
    return item


def _progress(step: LoadStep) -> Progress:
    return Progress("loading", step.done, step.total)
