"""Read replies in pieces, and put the events back together."""

from hypothesis import strategies as st

from playground.dialects.dialect import Plain
from playground.events import CallArguments, TextDelta, ThinkingDelta


def merged(events):
    """The events with neighbouring deltas of one kind joined: what does not depend on how the text was split."""
    joined = []
    for event in events:
        match joined[-1:], event:
            case [TextDelta(before)], TextDelta(text):
                joined[-1] = TextDelta(before + text)
            case [ThinkingDelta(before)], ThinkingDelta(text):
                joined[-1] = ThinkingDelta(before + text)
            case [CallArguments(_, before)], CallArguments(id, text):
                joined[-1] = CallArguments(id, before + text)
            case _:
                joined.append(event)
    return joined


def read(reader, pieces):
    """All events of a reply."""
    return merged([event for piece in pieces for event in reader.feed(piece)] + reader.finish())


@st.composite
def splits(draw, texts):
    """A text of `texts`, and the same in parts."""
    text = draw(texts)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return text, [Plain(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
