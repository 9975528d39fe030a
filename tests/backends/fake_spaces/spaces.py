"""What ZeroGPU's `spaces` package does to a generator, without its GPU: made after `zero/wrappers.py` of 0.51.3.

The decorated generator runs in a forked process that is kept for the next call; arguments and yields are pickled. A
consumer that closes it is heard after the next yield, and waits for that. Whoever asks for more seconds than are left
is refused with a Gradio error. A page that is launched before anything was decorated is refused as well.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

import gradio as gr

FORK = multiprocessing.get_context("fork")
asked: list[int] = []
"""The seconds of every call so far."""
quota = {"left": int(os.environ.get("FAKE_ZERO_GPU_LEFT", "120"))}
workers: list["Worker"] = []
"""Idle ones, to be used again."""
decorated: list[Any] = []
later_launch = gr.Blocks.launch


def first_launch(*args: Any, **kwargs: Any) -> Any:
    """ZeroGPU takes stock when the page opens."""
    gr.Blocks.launch = later_launch
    if not decorated:
        raise RuntimeError("No @spaces.GPU function detected during startup")
    return later_launch(*args, **kwargs)


gr.Blocks.launch = first_launch


class Worker:
    """A forked process and a pipe to it."""

    def __init__(self, task: Callable[..., Iterator[Any]]) -> None:
        self.pipe, there = FORK.Pipe()
        self.stop = FORK.Event()
        self.process = FORK.Process(target=self._serve, args=(task, there), daemon=True)
        self.process.start()
        there.close()

    def end(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def _serve(self, task: Callable[..., Iterator[Any]], pipe: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the app's own handler was forked with it
        self.pipe.close()
        while True:
            arguments = pipe.recv()
            self.stop.clear()
            thread = threading.Thread(target=self._iterate, args=(task, arguments, pipe))
            thread.start()
            thread.join()
            pipe.send(("end", None))

    def _iterate(self, task: Callable[..., Iterator[Any]], arguments: tuple[Any, ...], pipe: Any) -> None:
        events = task(*arguments)
        try:
            for event in events:
                if self.stop.is_set():
                    events.close()
                    return
                pipe.send(("event", event))
        except Exception as error:
            pipe.send(("error", type(error).__name__))


def GPU(task: Any = None, *, duration: Any = 60) -> Any:  # noqa: N802 - its name in the package
    """Decorate a generator function."""
    if task is None:
        return partial(GPU, duration=duration)

    decorated.append(task)

    @wraps(task)
    def borrowed(*arguments: Any) -> Iterator[Any]:
        seconds = duration(*arguments) if callable(duration) else duration
        asked.append(seconds)
        if seconds > quota["left"]:
            words = f"You have exceeded your free ZeroGPU quota ({seconds}s requested vs. {quota['left']}s left). "
            raise refusal("ZeroGPU quota exceeded", words + "Try again in 0:12:34. ")
        worker = workers.pop() if workers else Worker(task)
        worker.pipe.send(arguments)
        yield from results(worker)

    return borrowed


def results(worker: Worker) -> Iterator[Any]:
    """What the worker yields, until it ends; closing this ends it after its next yield."""
    while True:
        try:
            kind, value = worker.pipe.recv()
        except EOFError:
            raise refusal("ZeroGPU worker error", "GPU task aborted") from None
        if kind == "end":
            workers.append(worker)
            return
        if kind == "error":
            raise refusal("ZeroGPU worker error", value)
        try:
            yield value
        except GeneratorExit:
            worker.stop.set()
            while worker.pipe.recv()[0] != "end":
                pass
            workers.append(worker)
            raise


def refusal(title: str, message: str) -> gr.Error:
    """As the package makes them."""
    return gr.Error(message, title=title, print_exception=False)
