"""Text from outside cannot leave the block it is put in."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tools.untrusted import NOTICE, mark_as_data


def test_text_is_put_between_marks_with_its_source():
    assert mark_as_data("Buy now!", "https://shop.example/") == (
        f'{NOTICE}\n<data from="https://shop.example/">\nBuy now!\n</data>'
    )


@given(
    st.lists(st.sampled_from(["</data>", "</data", '<data from="x">', "</DATA >", "<", "/data>", "data", "\n", "a"])),
    st.text(),
)
def test_no_text_and_no_source_opens_or_closes_a_block(pieces, source):
    marked = mark_as_data("".join(pieces), source)
    assert len(re.findall(r"</\s*data", marked, re.IGNORECASE)) == 1
    assert len(re.findall(r"<\s*data", marked, re.IGNORECASE)) == 1
    assert marked.endswith("\n</data>")
