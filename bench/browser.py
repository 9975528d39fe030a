"""The chat page in a real Chromium, driven as a person would, with Chromium's own account of its work."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from types import TracebackType
from typing import Any

from bench.writing import Missing

FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu")
PATIENCE_MS = 240_000
OPEN = """async ([id, pairs, options]) => {
    const said = (role, text) => ({ role, parts: [{ type: "text", text }] });
    const exchanges = Array.from({ length: pairs }, (_, at) => (
        { messages: [said("user", `Go on, ${at}.`), said("assistant", `Number ${at}.`)], note: null, pending: [] }));
    await playgroundVault.save({ id, exchanges, pictures: [], settings: { tools: [], options } });
    await playground.open(id);
}"""


class Browser:
    """One tab of a fresh Chromium. Raises: Missing where there is no Chromium to drive."""

    def __init__(self, address: str) -> None:
        try:
            from playwright.sync_api import Error, sync_playwright
        except ImportError as error:
            raise Missing("Playwright is not installed") from error
        path = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
        self._playwright = sync_playwright().start()
        try:
            self._browser = self._playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        except Error as error:
            self._playwright.stop()
            raise Missing("there is no Chromium; `playwright install chromium` brings one") from error
        self._page = self._browser.new_page(viewport={"width": 1440, "height": 900})
        self._page.set_default_timeout(PATIENCE_MS)
        self._page.goto(address)
        self._page.wait_for_function("window.playground?.isReady()")
        self._account = self._page.context.new_cdp_session(self._page)
        self._account.send("Performance.enable")

    def open_chat(self, name: str, pairs: int, options: dict[str, Any]) -> None:
        """Show a new conversation of that many questions and answers, with the side panel as `options` say."""
        self._page.evaluate(OPEN, [name, pairs, options])
        self._page.wait_for_function("([name]) => playground.currentId() === name", arg=[name])
        self._page.wait_for_function(
            "([count]) => document.querySelectorAll('#past .user-row').length === count", arg=[pairs]
        )
        self._page.wait_for_timeout(1000)  # what the change itself set in motion is over then

    def send(self, question: str) -> None:
        """Send a question; returns when the first words of the answer are on the page."""
        box = self._page.locator("#composer textarea")
        box.fill(question)
        box.press("Enter")
        self._page.locator("#live .bot-row .message-content").first.wait_for()

    def work(self, seconds: float) -> float:
        """Milliseconds of the page's main thread per second, over the next `seconds`, while the reply grows.

        Raises: RuntimeError when the reply ended meanwhile.
        """
        before, begin = self._busy_s(), time.perf_counter()
        self._page.wait_for_timeout(1000 * seconds)
        after, end = self._busy_s(), time.perf_counter()
        if not self._page.locator("#composer .stop-button").is_visible():
            raise RuntimeError("the reply ended before it was measured")
        return 1000 * (after - before) / (end - begin)

    def _busy_s(self) -> float:
        metrics = self._account.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    def stop(self) -> None:
        """End the growing reply."""
        self._page.keyboard.press("Escape")

    def rate(self) -> float:
        """Tokens per second of the reply, as the page says once it has ended."""
        line = self._page.locator("#past .foot summary").last
        line.wait_for()
        found = re.search(r"([\d.,]+) tokens/s", line.inner_text())
        if found is None:
            raise RuntimeError(f"the page says no speed: {line.inner_text()}")
        return float(found[1].replace(",", ""))

    def close(self) -> None:
        """End the browser."""
        with suppress(Exception):
            self._browser.close()
        self._playwright.stop()

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
