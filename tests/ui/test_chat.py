"""The chat part of the page, in a real browser, with scripts for models."""

import re

from playwright.sync_api import expect


def test_a_reply_streams_in_and_ends_with_its_figures(chat):
    chat.send("slowly, please")
    expect(chat.page.locator("#chat .bot-row .message-content").last).to_contain_text("word word")
    grown = len(chat.last_reply)
    chat.page.wait_for_function(f"document.querySelector('#chat').innerText.length > {grown + 60}")
    chat.page.locator("#composer .stop-button").click()
    chat.wait_for_reply()
    assert re.fullmatch(r".*tokens in · [\d,]+ out.* · seed \d+ · stopped before its end", chat.last_line)


def test_stop_keeps_what_was_written_and_the_chat_goes_on(chat):
    chat.send("slowly")
    expect(chat.page.locator("#chat .bot-row .message-content").last).to_contain_text("word word")
    chat.page.keyboard.press("Escape")
    chat.wait_for_reply()
    stopped = chat.last_reply
    assert stopped.startswith("word")
    assert chat.ask("and now?").startswith("Question 2 'and now?'")
    assert chat.replies.first.locator(".message-content").first.inner_text().strip() == stopped


def test_a_question_is_answered_again_with_the_options_of_now(chat):
    chat.ask("hello")
    chat.set_option("number input for Temperature", "0.5")
    chat.press("regenerate", 0)
    expect(chat.replies.last).to_contain_text("temperature 0.5")
    expect(chat.questions).to_have_count(1)


def test_undo_gives_the_question_back(chat):
    chat.ask("one")
    chat.ask("two")
    chat.page.locator("#undo").click()
    expect(chat.questions).to_have_count(1)
    expect(chat.box).to_have_value("two")


def test_an_empty_message_is_met_with_a_hint(chat):
    chat.send("")
    expect(chat.notice).to_contain_text("The message is empty")
    expect(chat.questions).to_have_count(0)


def test_an_error_stands_where_it_happened_and_gives_the_words_back(chat):
    chat.send("please fail")
    expect(chat.page.locator("#chat .failure")).to_contain_text("ran out of memory. Choose a smaller model.")
    expect(chat.box).to_have_value("please fail")
    assert chat.ask("better").startswith("Question 1 'better'")


def test_a_message_sent_while_a_reply_runs_waits_in_the_composer(chat):
    chat.send("slowly")
    expect(chat.page.locator("#chat .bot-row .message-content").last).to_contain_text("word word")
    chat.send("too early")
    expect(chat.notice).to_contain_text("A reply is being written")
    expect(chat.box).to_have_value("too early")
    chat.page.locator("#composer .stop-button").click()
    chat.wait_for_reply()


def test_html_and_pictures_of_the_model_are_shown_as_words(chat):
    reply = chat.ask("hostile")
    assert "<b>stay</b> <script>document.title='broken'</script>" in reply
    assert chat.page.title() == "Gemma Playground"
    expect(chat.replies.last.locator("img, script, b")).to_have_count(0)
    expect(chat.replies.last.get_by_role("link", name="look")).to_have_attribute(
        "href", "https://tracker.example/pixel.png?secret"
    )


def test_markdown_code_and_formulas_are_set(chat):
    reply = chat.ask("formatted")
    assert "for $5 or $6" in reply
    row = chat.replies.last
    expect(row.locator("strong")).to_have_text("bold")
    expect(row.locator(".katex-display")).to_have_count(1)
    expect(row.locator(".katex")).to_have_count(2)
    row.locator(".copy_code_button").click()


def test_copy_gives_the_reply_as_it_was_written(chat):
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.ask("formatted")
    chat.press("copy", 0)
    expect(chat.page.locator("#chat .act-copied")).to_have_count(1)
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied == "Here is **bold** for $5 or $6, $x^2$ and\n\n$$\\int x$$\n\n```python\nprint('hi')\n```"


def test_thinking_is_a_panel_that_folds(chat):
    chat.page.locator("#side").get_by_label("On", exact=True).check()
    reply = chat.ask("why?")
    panel = chat.panel("Thought")
    expect(panel.locator(".content")).to_have_count(0)
    panel.locator(".title").click()
    expect(panel.locator(".content")).to_contain_text("First I think about it.")
    assert "First I think" not in reply.splitlines()[-1]
    chat.page.locator("#side").get_by_label("Off", exact=True).check()
    chat.ask("and now?")
    expect(chat.replies.last.locator(".thought-group")).to_have_count(0)


def test_a_call_shows_its_arguments_result_and_time(chat):
    reply = chat.ask("use the calculator")
    assert "6*7 = 42" in reply
    panel = chat.panel("calculator")
    expect(panel.locator(".title")).to_contain_text("6*7")
    expect(panel.locator(".duration")).to_contain_text("s")
    panel.locator(".title").click()
    expect(panel.locator(".content")).to_contain_text('"expression": "6*7"')
    expect(panel.locator(".content")).to_contain_text("6*7 = 42")


def test_a_tool_that_is_off_is_not_called(chat):
    chat.page.locator("#tools").get_by_label("calculator").uncheck()
    assert chat.ask("use the calculator").startswith("Question 1")


def test_the_seed_is_shown_and_can_be_kept(chat):
    chat.ask("hello")
    seed = chat.page.locator("#seed input").input_value()
    assert chat.last_line.endswith(f"seed {seed}")
    chat.page.locator("#keep-seed input").check()
    chat.ask("again")
    assert chat.last_line.endswith(f"seed {seed}")
    chat.page.locator("#dice").click()
    expect(chat.page.locator("#seed input")).not_to_have_value(seed)
    thrown = chat.page.locator("#seed input").input_value()
    chat.ask("and again")
    assert chat.last_line.endswith(f"seed {thrown}")


def test_options_out_of_range_are_refused_in_words_and_reset(chat):
    chat.page.get_by_role("button", name="Length and form").click()
    chat.set_option("Longest reply (tokens)", "0")
    chat.send("hello")
    expect(chat.notice).to_contain_text("max_tokens is 0: it must lie between 1 and 131072")
    expect(chat.box).to_have_value("hello")
    chat.page.locator("#reset").click()
    expect(chat.page.locator("#side").get_by_label("Longest reply (tokens)")).to_have_value("1024")
    chat.send("hello")
    chat.wait_for_reply()


def test_the_system_prompt_goes_along(chat):
    chat.page.locator("#system textarea").fill("Be brief")
    assert chat.ask("hello").endswith("System: Be brief.")


def test_an_example_of_the_empty_page_is_one_click(chat):
    chat.page.get_by_role("button", name=re.compile(r"48 \* 17")).click()
    chat.wait_for_reply()
    expect(chat.questions).to_have_count(1)
