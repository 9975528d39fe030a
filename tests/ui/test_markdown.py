"""What the page makes of text: nothing lost, nothing obeyed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.ui.markdown import fenced, link_list, literal, safe_markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a <b>bold</b> move", "a &lt;b>bold&lt;/b> move"),
        ("<!-- hidden -->", "&lt;!-- hidden -->"),
        ("1 < 2 and a <- b", "1 < 2 and a <- b"),
        ("`<b>` stays", "`<b>` stays"),
        ("```html\n<b>x</b>\n```", "```html\n<b>x</b>\n```"),
        ("```html\n<b>still open", "```html\n<b>still open"),
        ("~~~\n<b>\n~~~\n<i>", "~~~\n<b>\n~~~\n&lt;i>"),
        ("$x<y$", r"\(x<y\)"),
        ("$a$ and $b_1$.", r"\(a\) and \(b_1\)."),
        ("from $5 to $9", "from $5 to $9"),
        ("$ x $ is not", "$ x $ is not"),
        ("US$5 and $HOME/$USER", "US$5 and $HOME/$USER"),
        (r"\$5 and \$6$", r"\$5 and \$6$"),
        ("$$a<b$$", "$$a<b$$"),
        (r"\[a<b\]", r"\[a<b\]"),
        ("![x](https://a.example/?q=1)", "&#33;[x](https://a.example/?q=1)"),
        ("Wow! [x](y)", "Wow! [x](y)"),
        ("816.", r"816\."),
        ("42)\n\nThat is all.", "42\\)\n\nThat is all."),
        ("So:\n\n7.\n\nEnd", "So:\n\n7\\.\n\nEnd"),
        ("1. one\n2.\n3. three", "1. one\n2.\n3. three"),
        ("1.\n   one", "1.\n   one"),
        ("It is 816.", "It is 816."),
    ],
)
def test_markup_is_shown_and_formulas_are_marked(text, shown):
    assert safe_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("so [1].", "so [&#91;1&#93;](<https://a.example/>)."),
        ("so [2][1]", "so [2][1]"),
        ("so [3] and [0]", "so [3] and [0]"),
        ("`[1]` and [1](b) and [1]: c", "`[1]` and [1](b) and [1]: c"),
        ("so [2]", "so [2]"),
    ],
)
def test_numbers_in_brackets_lead_to_their_sources(text, shown):
    assert safe_markdown(text, ["https://a.example/", "javascript:alert(1)"]) == shown


@given(st.text(alphabet="<>`$\\!a/b \n[]~"))
def test_no_tag_survives_outside_code_and_formulas(text):
    outside = safe_markdown(text)
    for mark in ("`", "~", "$", "\\"):
        if mark in text:
            return
    assert "<a" not in outside
    assert "</" not in outside
    assert "<!" not in outside


@given(st.text(alphabet="`a\n"))
def test_a_fence_cannot_be_left_early(text):
    lines = fenced(text).split("\n")
    fence = lines[0]
    assert lines[-1] == fence
    assert all(not line.startswith(fence) for line in lines[1:-1])


def test_names_are_taken_literally():
    assert literal("a_b*c <i>\nnext") == r"a\_b\*c \<i\> next"
    assert literal("(2 + 15) * [1]") == r"&#40;2 \+ 15&#41; \* &#91;1&#93;"


def test_only_web_addresses_become_links():
    html = link_list([("A & B", 'https://a.example/?x="y"'), ("Bad", "javascript:alert(1)")])
    assert (
        '<a href="https://a.example/?x=&quot;y&quot;" target="_blank" rel="noopener noreferrer">A &amp; B</a>' in html
    )
    assert "javascript" not in html
