"""Stop strings, whatever pieces the text comes in."""

from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.stop_text import StopText

LETTERS = st.text("ab\n<", max_size=12)
STOPS = st.lists(st.text("ab\n<", min_size=1, max_size=4), max_size=3)


def whole(text: str, stops: list[str]) -> tuple[str, str | None]:
    """The definition: the shortest beginning of the text that ends with a stop string decides."""
    for end in range(len(text) + 1):
        ending = [stop for stop in stops if text[:end].endswith(stop)]
        if ending:
            longest = max(ending, key=len)
            return text[: end - len(longest)], longest
    return text, None


@given(st.lists(LETTERS, max_size=8), STOPS)
def test_any_split_gives_the_text_before_the_first_stop(parts, stops):
    reader = StopText(stops)
    shown = "".join(reader.feed(part) for part in parts) + reader.finish()
    assert (shown, reader.stop) == whole("".join(parts), stops)


@given(st.lists(LETTERS, max_size=8), STOPS, LETTERS)
def test_nothing_of_a_stop_string_is_shown_before_it_is_complete(parts, stops, rest):
    """What is shown at any moment is right for every continuation, one with a stop string in it too."""
    reader = StopText(stops)
    shown = "".join(reader.feed(part) for part in parts)
    for ending in [rest, *stops]:
        assert whole("".join(parts) + ending, stops)[0].startswith(shown)


@given(st.lists(LETTERS, max_size=8))
def test_without_stop_strings_nothing_is_held_back(parts):
    reader = StopText(())
    assert [reader.feed(part) for part in parts] == parts


def test_text_is_shown_as_soon_as_it_cannot_be_a_stop_string():
    reader = StopText(["</s>"])
    assert [reader.feed(part) for part in ("a<", "/", "b</", "s", ">c")] == ["a", "", "</b", "", ""]
    assert reader.stop == "</s>"
