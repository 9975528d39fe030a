"""The list of conversations: kept in the browser, searched, renamed, deleted, exported and read in again."""

import json
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import Locator, expect

from playground.ui.importing import FORMAT
from tests.ui.conftest import DESKTOP
from tests.ui.test_looks import PHONE, scrolls_sideways


class Library:
    """The list beside the chat in a person's words."""

    def __init__(self, chat):
        self.chat = chat
        self.page = chat.page
        self.rows = self.page.locator("#library-list .conversation")

    def row(self, title: str) -> Locator:
        return self.rows.filter(has_text=title)

    def open(self, title: str) -> None:
        self.row(title).click()
        expect(self.row(title)).to_have_attribute("aria-current", "true")

    def menu(self, title: str, entry: str) -> None:
        self.page.get_by_role("button", name=f"More for {title}").click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def start(self) -> None:
        self.page.locator("#new-chat").click()
        expect(self.chat.questions).to_have_count(0)

    def export(self, title: str, entry: str) -> Path:
        with self.page.expect_download() as download:
            self.menu(title, entry)
        return download.value.path()

    def read_in(self, file: Path) -> None:
        self.page.get_by_role("button", name="Import and export").click()
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("menuitem", name="Import…").click()
        chooser.value.set_files(file)


@pytest.fixture
def library(chat):
    return Library(chat)


def test_conversations_are_listed_and_shown_again_with_pictures_and_settings(library, tmp_path):
    chat = library.chat
    picture = tmp_path / "red.png"
    PIL.Image.new("RGB", (120, 80), "red").save(picture)
    chat.page.locator("#system textarea").fill("Be brief")
    first = chat.ask("What is on this picture?", picture)
    library.start()
    chat.page.locator("#system textarea").fill("Be long")
    chat.ask("Something else")
    expect(library.rows).to_have_text(["Something else", "What is on this picture?"])
    library.open("What is on this picture?")
    expect(chat.questions.locator("img.picture")).to_have_count(1)
    assert chat.last_reply == first
    expect(chat.page.locator("#system textarea")).to_have_value("Be brief")
    assert chat.ask("two").startswith("Question 2 'two' with 1 pictures")
    expect(library.rows).to_have_text(["What is on this picture?", "Something else"])


def test_a_conversation_is_renamed_pinned_found_and_deleted_with_undo(library):
    chat = library.chat
    chat.ask("about trams")
    library.start()
    chat.ask("about ships")
    library.menu("about trams", "Rename")
    box = chat.page.get_by_label("New title")
    box.fill("Lisbon")
    box.press("Enter")
    library.menu("Lisbon", "Pin")
    expect(library.rows).to_have_text(["Lisbon", "about ships"])
    chat.page.get_by_label("Search in all conversations").fill("TRAMS question")
    expect(library.rows).to_have_text(["Lisbon"])
    chat.page.get_by_label("Search in all conversations").fill("")
    expect(library.rows).to_have_count(2)
    library.menu("about ships", "Delete")
    expect(library.rows).to_have_text(["Lisbon"])
    expect(chat.questions).to_have_count(0)
    chat.page.locator(".undo").get_by_role("button", name="Undo").click()
    library.open("about ships")
    expect(chat.questions).to_contain_text("about ships")
    library.menu("Lisbon", "Delete")
    chat.reload()
    expect(library.rows).to_have_text(["about ships"])


@pytest.mark.thorough
def test_two_tabs_share_the_list_and_never_overwrite_each_other(library, visit, scripted_app):
    chat = library.chat
    chat.ask("shared")
    other = Library(visit(scripted_app, context=chat.page.context))
    other.open("shared")
    expect(other.chat.questions).to_have_count(1)
    chat.ask("from the first tab")
    # The idle tab follows.
    expect(other.chat.questions).to_have_count(2)
    other.chat.send("slowly, from the second tab")
    expect(other.page.locator("#live .message-row")).to_contain_text("word word")
    chat.ask("from the first tab again")
    expect(chat.page.locator("#vault-note")).to_contain_text("goes on here as a copy")
    other.page.keyboard.press("Escape")
    other.chat.wait_for_reply(3)
    expect(library.rows).to_have_count(2)
    for tab, words in ((chat, "from the first tab again"), (other.chat, "slowly, from the second tab")):
        tab.reload()
        expect(tab.questions.last).to_contain_text(words)


def test_an_export_is_read_in_again_and_markdown_reads_well(library, tmp_path):
    chat = library.chat
    picture = tmp_path / "red.png"
    PIL.Image.new("RGB", (40, 30), "red").save(picture)
    reply = chat.ask("use the calculator", picture)
    markdown = library.export("use the calculator", "Export as Markdown").read_text(encoding="utf-8")
    assert markdown.startswith("# use the calculator\n\n**You**\n\n![picture](data:image/png;base64,")
    assert '"expression": "6*7"' in markdown
    assert reply.splitlines()[-1] in markdown
    exported = library.export("use the calculator", "Export as JSON")
    library.menu("use the calculator", "Delete")
    file = tmp_path / "export.json"
    file.write_bytes(exported.read_bytes())
    library.read_in(file)
    expect(library.rows).to_have_text(["use the calculator"])
    expect(chat.questions.locator("img.picture")).to_have_count(1)
    assert chat.last_reply.splitlines()[-1] == reply.splitlines()[-1]
    assert chat.ask("two").startswith("Question 2 'two' with 1 pictures")


def test_messages_of_openai_are_read_in_and_other_files_refused_in_words(library, tmp_path):
    file = tmp_path / "messages.json"
    file.write_text("{")
    library.read_in(file)
    expect(library.chat.notice).to_contain_text("messages.json was not imported: it is not JSON")
    messages = [
        {"role": "system", "content": "Be kind"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
    file.write_text(json.dumps({"messages": messages}))
    library.read_in(file)
    expect(library.chat.replies.last).to_contain_text("Hello")
    expect(library.chat.page.locator("#system textarea")).to_have_value("Be kind")
    rows = [
        {"role": "user", "parts": [{"type": "text", "text": "Ahoy"}]},
        {"role": "assistant", "parts": [{"type": "text", "text": "Hello"}]},
    ]
    settings = {"model": ["?"], "system": "Be odd", "tools": 5, "options": {"temperature": 9, "top_p": 0.5}}
    ours = {"exchanges": [{"messages": rows, "note": None, "pending": []}], "settings": settings}
    file.write_text(json.dumps({"format": FORMAT, "version": 1, "conversations": [ours]}))
    library.read_in(file)
    expect(library.chat.notice).to_contain_text("Not every setting of this chat could be used")
    expect(library.chat.notice).to_contain_text("temperature is 9")
    expect(library.chat.page.locator("#system textarea")).to_have_value("Be odd")
    expect(library.chat.page.get_by_label("number input for Top-p")).to_have_value("0.5")


def test_an_incognito_chat_is_not_kept(library):
    chat = library.chat
    chat.ask("kept")
    chat.page.get_by_role("button", name="Incognito").click()
    expect(chat.questions).to_have_count(0)
    assert chat.ask("a secret").startswith("Question 1 'a secret'")
    assert "Incognito" in chat.page.locator("#vault").evaluate("one => getComputedStyle(one, '::before').content")
    expect(library.rows).to_have_text(["kept"])
    chat.reload()
    expect(chat.questions).to_have_count(0)
    expect(library.rows).to_have_text(["kept"])
    library.open("kept")
    expect(chat.questions).to_contain_text("kept")


def full_after(chromium, url: str, size: int):
    """A browser with room for that many bytes from this address, and how to change that.

    Chromium asks for the room when a database is first used, and believes the answer for half a minute.
    """
    context = chromium.new_context(viewport=DESKTOP)
    session = context.new_cdp_session(context.new_page())

    def limit(size: int) -> None:
        session.send("Storage.overrideQuotaForOrigin", {"origin": url, "quotaSize": size})

    limit(size)
    return context, limit


def appears(locator) -> bool:
    """Whether it can be seen within five seconds."""
    try:
        expect(locator).to_be_visible(timeout=5000)
    except AssertionError:
        return False
    return True


FILL = """async () => {
    for (let size = 2 ** 16; size >= 2 ** 6; size >>= 1)
        for (let more = 100; more; more--) {
            const noise = crypto.getRandomValues(new Uint8Array(size)); // as what repeats itself is stored in less
            await playgroundVault.keep(crypto.randomUUID(), noise).catch(() => { more = 1; });
        }
}"""


def test_a_full_browser_says_so_and_has_room_again_after_a_deletion(chromium, visit, scripted_app):
    context, _ = full_after(chromium, scripted_app, 1_000_000)
    library = Library(visit(scripted_app, context=context))
    chat, problem = library.chat, library.page.locator("#vault-note.is-problem")
    chat.ask("kept " + " ".join(f"{number:x}" for number in range(20_000)))
    library.start()
    asked = 0
    while not appears(problem):  # Chromium tidies its files when it likes to, and then there is room again
        asked += 1
        assert asked < 8, "the browser is never full"
        library.page.evaluate(FILL)
        chat.ask("w" * 4000)
    expect(problem).to_contain_text("This browser has no room left")
    library.menu("kept", "Delete")
    expect(problem).to_have_count(0)  # what had no room is kept now
    expect(library.rows).to_have_count(1)
    chat.reload()
    expect(chat.questions).to_have_text(["w" * 4000] * asked)
    context.close()


@pytest.mark.thorough
def test_a_picture_that_a_full_browser_did_not_keep_is_kept_once_there_is_room(chromium, visit, scripted_app, tmp_path):
    picture = tmp_path / "noise.png"
    PIL.Image.effect_noise((1200, 1000), 200).save(picture)
    context, limit = full_after(chromium, scripted_app, 500_000)
    chat = visit(scripted_app, context=context)
    chat.ask("What is this?", picture)
    expect(chat.page.locator("#vault-note.is-problem")).to_contain_text("This browser has no room left")
    limit(100_000_000)
    chat.ask("And now?")
    chat.reload()
    expect(chat.questions.locator("img.picture")).to_have_count(1)
    assert chat.ask("three").startswith("Question 3 'three' with 1 pictures")
    context.close()


def test_thousands_of_messages_are_listed_and_searched(library):
    made = """async () => {
        const asked = (text) => ({ role: "user", parts: [{ type: "text", text }] });
        const said = (text) => ({ role: "assistant", parts: [{ type: "text", text }] });
        for (let number = 0; number < 40; number++) {
            const exchanges = Array.from({ length: 50 }, (_, at) => ({
                messages: [asked(`question ${number} ${at}`), said(`mark${number}. ${"word ".repeat(200)}`)],
                note: null, pending: [],
            }));
            await playgroundVault.save({ id: `made-${number}`, exchanges, pictures: [], settings: {} });
        }
        await playgroundLibrary.refresh();
    }"""
    library.page.evaluate(made)
    expect(library.rows).to_have_count(40)
    library.page.get_by_label("Search in all conversations").fill("MARK17. question")
    expect(library.rows).to_have_text(["question 17 0"])
    library.open("question 17 0")
    expect(library.chat.questions).to_have_count(50)


@pytest.mark.thorough
def test_on_a_phone_the_list_is_a_drawer(visit, scripted_app):
    chat = visit(scripted_app, viewport=PHONE)
    library = Library(chat)
    chat.ask("first")
    library.start()
    chat.ask("second")
    chat.page.locator("#library-toggle").click()
    expect(library.row("first")).to_be_in_viewport()
    assert not scrolls_sideways(chat)
    library.row("first").click()
    expect(chat.questions).to_contain_text("first")
    expect(library.row("first")).not_to_be_in_viewport()
