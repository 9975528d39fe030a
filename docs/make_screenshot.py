"""Take the README's picture of the page: start the app, ask the embedded model, and save `docs/screenshot.png`.

Needs the test extra and a Chromium: `python docs/make_screenshot.py`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import PIL.Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "docs" / "screenshot.png"
SIZE = {"width": 1440, "height": 900}
MOST_BYTES = 300_000
QUESTIONS = ("What is the difference between a river and a lake?", "What is 48 * 17?")


def main() -> None:
    """Start, ask, save."""
    command = [sys.executable, str(ROOT / "app.py"), "--model", "embedded", "--port", "0"]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert app.stdout is not None
        found = re.search(r"http://\S+", app.stdout.readline())
        if found is None:
            sys.exit("The app did not start; run `python app.py` to see why.")
        TARGET.write_bytes(_smaller(_photograph(found[0])))
    finally:
        app.terminate()
        app.wait()


def _photograph(url: str) -> bytes:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(url)
        page.wait_for_function("window.playground?.isReady()")
        page.locator("#side").get_by_label("number input for Temperature").fill("0")
        for number, question in enumerate(QUESTIONS, start=1):
            _ask(page, question, number)
        page.locator("#chat .thought-group .title").first.click()
        page.mouse.move(0, 0)
        page.wait_for_timeout(800)  # the panel slides open
        page.evaluate("document.querySelector('#side .sidebar-content').scrollTo(0, 0)")
        page.evaluate("document.querySelector('#chat').scrollTo(0, 1e6)")
        page.wait_for_timeout(300)
        shot = page.screenshot()
        browser.close()
    return shot


def _ask(page: Page, question: str, number: int) -> None:
    page.locator("#composer textarea").fill(question)
    page.locator("#composer textarea").press("Enter")
    page.locator("#chat .foot").nth(number - 1).wait_for(timeout=60_000)


def _smaller(shot: bytes) -> bytes:
    """The picture with 256 colours, which a page has few more of."""
    held = io.BytesIO()
    PIL.Image.open(io.BytesIO(shot)).convert("RGB").quantize(256).save(held, "PNG", optimize=True)
    if held.tell() > MOST_BYTES:
        sys.exit(f"The picture takes {held.tell():,} bytes; {MOST_BYTES:,} is the most. Ask shorter questions.")
    return held.getvalue()


if __name__ == "__main__":
    main()
