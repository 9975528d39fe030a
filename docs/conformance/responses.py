"""What `openai` gets from `/v1/responses`."""

from __future__ import annotations

from typing import Any

from docs.conformance.probing import WEATHER, Box, Server, picture, probe


@probe("Responses", "text, and a conversation by previous_response_id")
def _responses(server: Server) -> None:
    first = server.openai.responses.create(model="auto", input="My name is Ada.", max_output_tokens=60)
    second = server.openai.responses.create(
        model="auto", input="What is my name?", previous_response_id=first.id, max_output_tokens=60
    )
    assert second.output_text
    assert server.openai.responses.retrieve(second.id).output_text == second.output_text
    server.openai.responses.delete(second.id)


@probe("Responses", "streaming events")
def _responses_stream(server: Server) -> None:
    with server.openai.responses.stream(model="auto", input="Hello!", max_output_tokens=40) as events:
        kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert "response.output_text.delta" in kinds
    assert kinds[-1] in {"response.completed", "response.incomplete"}


@probe("Responses", "parse() with a pydantic class")
def _responses_parse(server: Server) -> None:
    reply = server.openai.responses.parse(model="auto", input="Who?", text_format=Box, temperature=0)
    assert isinstance(reply.output_parsed, Box)


@probe("Responses", "function tools")
def _responses_tools(server: Server) -> None:
    reply = server.openai.responses.create(
        model="auto", input="Weather in Paris?", tools=[{"type": "function", **WEATHER}], tool_choice="required"
    )
    assert any(item.type == "function_call" for item in reply.output)


@probe("Responses", "tools of unknown types are reported, not fatal")
def _responses_unknown(server: Server) -> None:
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]
    reply = server.openai.responses.create(model="auto", input="Hello!", tools=tools, max_output_tokens=40)
    assert reply.output_text
    assert "code_interpreter" in reply.warnings[0]


@probe("Responses", "background, cancel, input_items and delete")
def _responses_background(server: Server) -> None:
    responses = server.openai.responses
    made = responses.create(model="auto", input="Tell me a story.", background=True, max_output_tokens=2000)
    assert responses.cancel(made.id).status in {"cancelled", "completed"}
    assert responses.input_items.list(made.id).data
    responses.delete(made.id)


@probe("Responses", "a picture, and input_tokens to count it")
def _responses_picture(server: Server) -> None:
    def ask(*parts: Any) -> Any:
        content = [{"type": "input_text", "text": "Which colour?"}, *parts]
        return {"model": server.seeing, "input": [{"role": "user", "content": content}]}

    seen = ask({"type": "input_image", "image_url": picture(), "detail": "auto"})
    count = server.openai.responses.input_tokens.count
    reply = server.openai.responses.create(**seen, max_output_tokens=8)
    assert reply.usage.input_tokens == count(**seen).input_tokens > count(**ask()).input_tokens


@probe("Responses", "web_search is run here and told as its own item")
def _responses_search(server: Server) -> None:
    reply = server.openai.responses.create(
        model="auto", input="Search the web for Gemma.", tools=[{"type": "web_search"}],
        tool_choice={"type": "web_search"}, max_output_tokens=300,
    )  # fmt: skip
    assert reply.output[0].type == "web_search_call"
