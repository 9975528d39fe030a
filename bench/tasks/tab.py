"""What an open page costs: the server's decoding while a Chromium on the same machine shows it, with the embedded model
in bfloat16 on one thread, so that a core is left to the browser; and the work of the page's own thread while a reply
grows under a short and under a long conversation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from bench.app_server import AppServer
from bench.browser import Browser
from bench.embedded import embedded, ending_ids, prompt_ids
from bench.lab import Lab
from bench.remote import Remote
from bench.results import Row
from bench.writing import Job, Missing
from playground.backends.embedded import EMBEDDED

TITLE = "An open page"
COUNT = 300
QUESTION = "What is the difference between a river and a lake?"
SHORT, LONG = 10, 500
"""Messages of a conversation."""
WATCHED_S = 3.0
SPEED, WORK = "a reply shown as it grows", "a reply that grows under a chat"
ENGINE, PAGE = "bare engine", "app, the page in Chromium"


def run(lab: Lab) -> Iterator[Row]:
    """The engine and the page in turns, then the two conversations in turns."""
    rounds = lab.rounds(5)
    try:
        model = embedded()
    except Missing as why:
        yield Row(SPEED, PAGE, "bf16", "tokens/s", missing=str(why))
        return
    never = dict.fromkeys(ending_ids(model.folder), -100.0)
    speeds: dict[str, list[float]] = {ENGINE: [], PAGE: []}
    work: dict[int, list[float]] = {SHORT: [], LONG: []}
    with ExitStack() as stack:
        remote = stack.enter_context(Remote("ours", model.spec("bf16", 1, context_tokens=8192)))
        app = stack.enter_context(AppServer(EMBEDDED, "--dtype", "bfloat16", "--threads", "1"))
        try:
            tab = stack.enter_context(Browser(app.address))
        except Missing as why:
            yield Row(SPEED, PAGE, "bf16", "tokens/s", missing=str(why))
            return
        shown = {"logit_bias": str({str(token): -100 for token in never}).replace("'", '"')}
        for number in range(rounds + 1):
            job = Job([prompt_ids(model.folder, QUESTION)], COUNT, extra={"options": {"logit_bias": never}})
            bare = remote.write(job).rate
            tab.open_chat(f"speed-{number}", 0, {**shown, "max_tokens": str(COUNT)})
            tab.send(QUESTION)
            paged = tab.rate()
            if number:  # the first round warms up
                speeds[ENGINE].append(bare)
                speeds[PAGE].append(paged)
        for number in range(rounds):
            for messages in (SHORT, LONG):
                tab.open_chat(f"work-{messages}-{number}", messages // 2, {**shown, "max_tokens": "3000"})
                tab.send(QUESTION)
                work[messages].append(tab.work(WATCHED_S))
                tab.stop()
                tab.rate()
    yield from [Row(SPEED, name, "bf16", "tokens/s", found) for name, found in speeds.items()]
    for messages, found in work.items():
        unit = "ms of the page's thread per second"
        yield Row(WORK, f"{messages} messages", "bf16", unit, found, more_is_better=False)
