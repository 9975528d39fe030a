"""Thoughts that a server leaves in the text, between tags at its very beginning: taken out as it streams."""

from __future__ import annotations

from playground.events import TextDelta, ThinkingDelta

TAGS = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<|channel>thought\n", "<channel|>"))
"""What servers without a reasoning parser pass on: the common convention, and Gemma 4's own tokens."""


class ThoughtTags:
    """Fed with text, gives text and thought. A tag anywhere but at the beginning is text like any other."""

    def __init__(self) -> None:
        self._held = ""
        self._end: str | None = None
        self._state = "start"

    def feed(self, text: str) -> list[TextDelta | ThinkingDelta]:
        """What is certain by now; half a tag is held back."""
        self._held += text
        if self._state == "start" and not self._opened():
            return []
        if self._state == "thought":
            return self._thought()
        return self._words()

    def finish(self) -> list[TextDelta | ThinkingDelta]:
        """What was held back when the reply ended."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [ThinkingDelta(held) if self._state == "thought" else TextDelta(held)]

    def _opened(self) -> bool:
        """Whether the beginning has been read: a tag, or no tag."""
        begins = self._held.lstrip()
        for opening, closing in TAGS:
            if begins.startswith(opening):
                self._state, self._end, self._held = "thought", closing, begins[len(opening) :].lstrip("\n")
                return True
        if not begins or any(opening.startswith(begins) for opening, _ in TAGS):
            return False
        self._state = "words"
        return True

    def _thought(self) -> list[TextDelta | ThinkingDelta]:
        assert self._end is not None
        thought, found, after = self._held.partition(self._end)
        if found:
            self._state, self._held = "words", after.lstrip("\n")
            thought = thought.rstrip("\n")
            return [*([ThinkingDelta(thought)] if thought else []), *self._words()]
        safe = len(self._held) - _overlap(self._held, self._end)
        thought, self._held = self._held[:safe], self._held[safe:]
        return [ThinkingDelta(thought)] if thought else []

    def _words(self) -> list[TextDelta | ThinkingDelta]:
        words, self._held = self._held, ""
        return [TextDelta(words)] if words else []


def _overlap(text: str, tag: str) -> int:
    """How much of the text's end could be the tag's beginning."""
    return next((size for size in range(min(len(text), len(tag) - 1), 0, -1) if text.endswith(tag[:size])), 0)
