"""A running server's clients, and how a probe of it is registered."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any, Literal

import anthropic
import openai
import PIL.Image
from pydantic import BaseModel, Field

QUESTION: list[Any] = [{"role": "user", "content": "Hello! Who are you?"}]
WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "Get the weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLAUDE_WEATHER = {"name": "get_weather", "description": "Weather.", "input_schema": WEATHER["parameters"]}


class Box(BaseModel):
    """What `parse` is asked for. Bounded, as a model this small would write a free text for ever."""

    colour: Literal["red", "green", "blue"]
    apples: int = Field(ge=0, le=99)


Probe = Callable[["Server"], object]
PROBES: list[tuple[str, str, Probe]] = []


class Server:
    """The clients of one running server. `seeing` is its model that takes pictures."""

    def __init__(self, url: str, seeing: str) -> None:
        self.url = url
        self.seeing = seeing
        self.openai = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        self.anthropic = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)

    def chat(self, **fields: Any) -> Any:
        """A chat completion of at most 60 tokens."""
        return self.openai.chat.completions.create(
            **{"model": "auto", "messages": QUESTION, "max_tokens": 60, "seed": 7, **fields}
        )


def probe(group: str, name: str) -> Callable[[Probe], Probe]:
    """Register a probe: it raises AssertionError, or the client's own error, when the feature does not work."""

    def add(function: Probe) -> Probe:
        PROBES.append((group, name, function))
        return function

    return add


def refused(ask: Callable[[], object], word: str) -> None:
    """The request is answered with 400, and the message names the field."""
    said = ""
    try:
        ask()
    except openai.BadRequestError as error:
        said = str(error)
    assert word in said, said or f"{word} was not refused"


def drawn(colour: str) -> str:
    """A square as a PNG in base64."""
    file = io.BytesIO()
    PIL.Image.new("RGB", (96, 96), colour).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def picture(colour: str = "red") -> str:
    """The same as a data URL."""
    return f"data:image/png;base64,{drawn(colour)}"
