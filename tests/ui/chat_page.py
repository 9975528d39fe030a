"""The chat page in a person's words: type, send, wait, read. Hides selectors from the tests."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

OFFLINE = re.compile(
    r"Failed to load resource: net::ERR_\w+|TypeError: (Failed to fetch|network error)"
    r"|503 for \S+/gradio_api/queue/join\?|Failed to load resource: the server responded with a status of 503"
    r"|Unexpected error (Connection errored out\.|Server stopped unexpectedly\.|404: Not Found)"
    r"|AbortError: signal is aborted without reason"
    r"|Unexpected client exception TypeError: Cannot read properties of undefined \(reading '0'\)"
)
"""What Chromium and Gradio's client write to the console when there is no server, or one that is ending (503) or has
forgotten the session (404)."""


class ChatPage:
    """One tab. `complaints` are the browser's errors so far, all tabs', which fail the test unless it excuses them."""

    def __init__(self, page: Page, complaints: list[str]) -> None:
        self.page = page
        self.complaints = complaints
        self.box = page.locator("#composer textarea")
        self.notice = page.locator("#notice .notice")
        self.pending = page.locator(".column > #pending")

    def wait_until_ready(self) -> None:
        """The page has asked the browser for what it kept, and shows it."""
        expect(self.page.locator("#state .chip")).to_be_visible()
        self.page.wait_for_function("window.playground?.isReady()")

    def reload(self) -> None:
        """Reload, and wait until what was kept is back. The old page may complain of the connection it was cut from."""
        self.page.reload()
        self.wait_until_ready()
        self.excuse_lost_connection()

    def excuse_lost_connection(self) -> None:
        """Forget complaints that there was no connection; others stay."""
        self.complaints[:] = [one for one in self.complaints if not OFFLINE.match(one)]

    def wait_until_kept(self, drawer: str, text: str) -> None:
        """The browser has written it down; the page shows it a moment earlier."""
        self.page.evaluate(
            """async ([drawer, text]) => {
                while (!JSON.stringify(await playgroundVault.kept(drawer) ?? "").includes(text))
                    await new Promise((resume) => setTimeout(resume, 50));
            }""",
            [drawer, text],
        )

    def send(self, text: str, *files: Path) -> None:
        """Attach, type and press Enter."""
        if files:
            self.attach(*files)
        self.box.fill(text)
        self.box.press("Enter")

    def attach(self, *files: Path) -> None:
        """Choose files with the composer's button."""
        self.page.locator("#composer input[type=file]").set_input_files([str(file) for file in files])
        expect(self.page.locator("#composer .thumbnail-item")).to_have_count(len(files))

    def wait_for_reply(self, count: int = 1) -> None:
        """That many replies are finished, each with its quiet line."""
        expect(self.page.locator("#chat .foot")).to_have_count(count, timeout=60_000)  # a slow script takes 20 s
        expect(self.page.locator("#composer .submit-button")).to_be_visible()

    def ask(self, text: str, *files: Path) -> str:
        """Send, wait for the reply to end, and give its words."""
        count = self.page.locator("#chat .foot").count()
        self.send(text, *files)
        self.wait_for_reply(count + 1)
        return self.last_reply

    @property
    def replies(self) -> Locator:
        """The replies, each with its panels, words and quiet line."""
        return self.page.locator("#chat .bot-row")

    @property
    def questions(self) -> Locator:
        """What the person sent."""
        return self.page.locator("#chat .user-row")

    @property
    def last_reply(self) -> str:
        """The last reply's words, without panels and quiet line; the page may need a moment to set them."""
        parts = self.replies.last.locator(".message-content").filter(has_not=self.page.locator(".foot"))
        for _ in range(100):
            if words := "\n".join(parts.all_inner_texts()).strip():
                return words
            self.page.wait_for_timeout(50)
        raise AssertionError("The reply has no words.")

    @property
    def last_line(self) -> str:
        """The quiet line under the last reply."""
        return self.page.locator("#chat .foot summary").last.inner_text()

    def panel(self, title: str) -> Locator:
        """A folding panel by words of its title."""
        return self.page.locator("#chat .thought-group", has_text=title).last

    def press(self, act: str, number: int) -> None:
        """A button under the message of an exchange; after `edit`, the question is in the composer."""
        button = self.page.locator(f"#chat .act-{act}.at-{number}").last
        button.scroll_into_view_if_needed()
        button.hover()
        button.click()
        if act == "edit":
            # The question comes from the server, and would replace what a test types before that.
            expect(self.notice).to_contain_text("Editing an earlier message")
            expect(self.box).not_to_have_value("")

    def set_option(self, label: str, value: str) -> None:
        """Type a value into an option's box. A section just unfolded sets its boxes once more a moment later, which
        nobody types fast enough to see: the value is typed again until it stays."""
        box = self.page.locator("#side").get_by_label(label).first
        for _ in range(20):
            box.fill(value)
            box.press("Tab")
            self.page.wait_for_timeout(100)
            if box.input_value() == value:
                return
        raise AssertionError(f"{label} does not keep {value!r}: it holds {box.input_value()!r}.")

    def open_section(self, element_id: str) -> None:
        """Unfold a part of the side panel."""
        closed = self.page.locator(f"#{element_id} > .label-wrap:not(.open)")
        if closed.count():
            closed.click()

    def choose(self, element_id: str, option: str) -> None:
        """Choose from a drop-down list."""
        self.page.locator(f"#{element_id} input").click()
        self.page.get_by_role("option", name=option, exact=True).click()
