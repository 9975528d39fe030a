"""One server and one browser for all tests of the page; an empty browser profile for each test."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.ui.chat_page import ChatPage

ROOT = Path(__file__).parents[2]
START_S = 120
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--use-fake-ui-for-media-stream",
         "--use-fake-device-for-media-stream")  # fmt: skip
PATIENCE_MS = 60_000
"""For anything the page does. Generous, because a busy machine must not look like a broken page."""
DESKTOP = {"width": 1440, "height": 900}
RERUNS = 2
"""A browser test that fails is tried again: what a busy machine delays is shown in the summary, not taken for red."""


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))


@contextmanager
def served(*command: str, dies: bool = False, ends: bool = False):
    """The address that a program of ours prints once it answers; the program ends with the block, or dies with it.

    With `ends` it has to end by itself, as Ctrl-C wants it: with code 0.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if found := re.search(r"answers at (http://\S+)", line):
                break
        else:
            pytest.fail(f"{command} ended without an address:\n{''.join(lines)}")
        watchdog.cancel()
        # Somebody has to read on, or a full pipe would stop the program.
        threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True).start()
        yield found[1], lines
    finally:
        watchdog.cancel()
        process.send_signal(signal.SIGKILL if dies else signal.SIGINT if ends else signal.SIGTERM)
        code = process.wait(20)
        assert not ends or code == 0
        process.stdout.close()


def unforeseen(lines):
    """Whether a program wrote tracebacks, but for those of Gradio's event stream when its tab has gone.

    Gradio 6.31 raises there: 404 for a session that has ended, KeyError when two streams of one session end.
    """
    parts = re.split(r"(?=ERROR: +Exception in ASGI application)", "".join(lines))
    gone = re.compile(r"in sse_stream(?s:.*)(HTTPException: 404|KeyError: '\w+'$)", re.M)
    return "Traceback" in "".join(part for part in parts if not gone.search(part))


@pytest.fixture(scope="session")
def scripted_app():
    with served("-m", "tests.ui.scripted_app") as (url, lines):
        yield url
    assert not unforeseen(lines), "".join(lines)


@pytest.fixture(scope="session")
def chromium():
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    with sync_playwright() as playwright:
        # Without one on the system, Playwright's own is asked for, and its message says how to install it.
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Profile:
    """One browser profile for many tests, one at a time: it knows the page's files and nothing else of the last test.

    A profile that has to fetch and compile them again needs half as much time again for each page.
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(viewport=DESKTOP)
        self._resting = self.context.new_page()  # without any tab the browser forgets the files, too
        self._session = self.context.new_cdp_session(self._resting)
        self._origins: set[str] = set()

    @property
    def is_free(self) -> bool:
        """Whether no test has a tab in it."""
        return self.context.pages == [self._resting]

    def open(self, url: str, viewport: dict[str, int] | None, scheme: str) -> Page:
        """An empty tab that is about to visit an address."""
        self._origins.add("/".join(url.split("/")[:3]))
        page = self.context.new_page()
        page.set_viewport_size(viewport or DESKTOP)
        page.emulate_media(color_scheme=scheme)
        return page

    def forget(self) -> None:
        """Close all tabs, and forget what their pages kept and were permitted."""
        for page in self.context.pages:
            if page != self._resting:
                page.close()
        self.context.clear_permissions()
        for origin in self._origins:
            self._session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        self._origins.clear()


@pytest.fixture(scope="session")
def profile(chromium):
    made = Profile(chromium)
    yield made
    made.context.close()


@pytest.fixture
def visit(chromium, profile):
    """Open tabs, each of an empty browser; whatever any of them complains about fails the test."""
    contexts, complaints = [], []

    def watch(page: Page) -> None:
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("response", lambda came: came.status >= 400 and complaints.append(f"{came.status} for {came.url}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda asked: _is_elsewhere(asked.url) and complaints.append(f"asked {asked.url}"))

    def open_tab(url: str, *, context=None, viewport=None, scheme: str = "light", ready: bool = True) -> ChatPage:
        if context is None and profile.is_free:
            page = profile.open(url, viewport, scheme)
        else:
            if context is None:
                context = chromium.new_context(viewport=viewport or DESKTOP, color_scheme=scheme)
                contexts.append(context)
            page = context.new_page()
        watch(page)
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        chat = ChatPage(page, complaints)
        if ready:
            chat.wait_until_ready()
        return chat

    yield open_tab
    for context in contexts:
        context.close()
    profile.forget()
    assert not complaints, complaints


@pytest.fixture
def chat(visit, scripted_app) -> ChatPage:
    return visit(scripted_app)


def _is_elsewhere(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "data:", "blob:", "about:"))
