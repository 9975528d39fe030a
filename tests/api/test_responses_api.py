"""`/v1/responses`, driven by the official package."""

import json
import time

import httpx
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from pydantic import BaseModel, TypeAdapter

from playground.backends.scripted import Pause, calls, says, thinks
from playground.errors import CallerError, Overloaded
from playground.events import Alternative, CallArguments, CallStarted, Failed, Finished, TextDelta, TokenDetail, Usage
from playground.grammar import Choice, JsonSchema
from playground.messages import ToolResult, assistant
from playground.settings import Settings
from playground.wire.responses import NO_EFFECT, UNSUPPORTED, ResponsesRequest, read_responses
from tests.api.conftest import serving

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": True,
}
EVENT = TypeAdapter(ResponseStreamEvent)


def read(**body):
    return read_responses({"input": "Hello", **body}, lambda url: None, lambda response_id: ())


def ask(site, **options):
    return site.openai().responses.create(**{"model": "scripted", "input": "Hello"} | options)


def kinds(events):
    return [event.type.removeprefix("response.") for event in events]


def test_every_field_of_the_official_package_is_honoured_refused_or_reported():
    known = {*ResponsesRequest.model_fields, *UNSUPPORTED, *NO_EFFECT}
    assert set(ResponseCreateParamsBase.__annotations__) <= known


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_an_unsupported_field_is_refused_by_name(name):
    with pytest.raises(CallerError, match=name):
        read(**{name: {"some": "value"}})


def test_a_text_is_answered(site):
    backend = site.play([*thinks("Hm."), *says("Hello there.")])
    reply = ask(site, instructions="Be kind.", reasoning={"effort": "low"}, metadata={"a": "b"})
    assert reply.output_text == "Hello there."
    assert [item.type for item in reply.output] == ["reasoning", "message"]
    assert reply.output[0].content[0].text == "Hm."
    assert (reply.status, reply.instructions, reply.metadata) == ("completed", "Be kind.", {"a": "b"})
    assert reply.usage.output_tokens_details.reasoning_tokens == 1
    assert backend.turns[0].messages[0].text == "Be kind."
    assert (backend.turns[0].options.thinking, backend.turns[0].options.effort) == ("on", "low")


def test_items_of_every_kind_become_the_conversation():
    items = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "input_text", "text": "Weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": '{"city": "Paris"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "15"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "15 degrees."}]},
        {"type": "computer_call", "id": "x"},
        {"role": "user", "content": "Thanks"},
    ]
    call = read(input=items, instructions="First.")
    assert [message.role for message in call.turn.messages] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert call.turn.messages[0].text == "First.\n\nBe brief."
    assert call.turn.messages[3].parts == (ToolResult("c1", "get_weather", "15"),)
    assert [warning for warning in call.warnings if "input.6" in warning]


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ({"type": "item_reference", "id": "x"}, "previous_response_id"),
        ({"type": "function_call_output", "call_id": "c9", "output": "x"}, "no earlier function_call"),
        ({"type": "function_call", "call_id": "c9", "name": "f", "arguments": "{"}, "is not JSON"),
        ({"role": "wizard", "content": "x"}, "role is 'wizard'"),
        ({"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}, "'input_file'"),
        ({"neither": "nor"}, "neither a type nor a role"),
    ],
)
def test_a_faulty_item_is_refused_by_its_place(item, fault):
    with pytest.raises(CallerError, match=f"input.0.*{fault}"):
        read(input=[item])


def test_a_stream_has_the_official_order(site):
    site.play([*thinks("Hm."), *says("Hello there.")])
    events = list(ask(site, stream=True))
    assert kinds(events) == [
        *("created", "in_progress"),
        *("output_item.added", "content_part.added", "reasoning_text.delta"),
        *("reasoning_text.done", "content_part.done", "output_item.done"),
        *("output_item.added", "content_part.added", "output_text.delta", "output_text.delta"),
        *("output_text.done", "content_part.done", "output_item.done", "completed"),
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].response.output_text == "Hello there."


def test_every_event_is_of_the_official_types(site):
    site.play([*says("Let me see."), *calls("get_weather", {"city": "Paris"})])
    body = {"input": "Hello", "stream": True, "tools": [WEATHER]}
    text = httpx.post(f"{site.url}/v1/responses", json=body).text
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n", 1)
        event = EVENT.validate_python(json.loads(data.removeprefix("data: ")))
        assert event.type == name.removeprefix("event: ")


def test_the_stream_helper_adds_up_a_call(site):
    site.play(calls("get_weather", {"city": "Paris"}))
    with site.openai().responses.stream(model="scripted", input="Weather?", tools=[WEATHER]) as stream:
        seen = [event.type for event in stream]
        final = stream.get_final_response()
    (call,) = final.output
    assert (call.name, json.loads(call.arguments), call.status) == ("get_weather", {"city": "Paris"}, "completed")
    assert "response.function_call_arguments.done" in seen


def test_a_result_goes_on_from_the_stored_response(site):
    backend = site.play([*thinks("Hm."), *calls("get_weather", {"city": "Paris"})], says("15 degrees."))
    first = ask(site, tools=[WEATHER])
    call = next(item for item in first.output if item.type == "function_call")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "15"}
    second = ask(site, tools=[WEATHER], previous_response_id=first.id, input=[result])
    assert second.output_text == "15 degrees."
    assert [message.role for message in backend.turns[1].messages] == ["user", "assistant", "tool"]
    assert backend.turns[1].messages[1].parts[0].text == "Hm."


class Step(BaseModel):
    explanation: str


def test_an_answer_is_parsed_into_the_class_asked_for(site):
    backend = site.play(says('{"explanation": "because"}'))
    reply = site.openai().responses.parse(model="scripted", input="Why?", text_format=Step)
    assert reply.output_parsed == Step(explanation="because")
    assert isinstance(backend.turns[0].options.response_format, JsonSchema)


def test_the_web_search_runs_here_and_is_cited(site):
    site.play(calls("web_search", {"query": "gems"}), says("A gem [1], see https://example.com/opal."))
    reply = ask(site, tools=[{"type": "web_search"}], include=["web_search_call.action.sources"])
    search, message = reply.output
    assert (search.type, search.status, search.action.query) == ("web_search_call", "completed", "gems")
    assert [source.url for source in search.action.sources] == ["https://example.com/gemma", "https://example.com/opal"]
    text = message.content[0].text
    cited = [(text[mark.start_index : mark.end_index], mark.url) for mark in message.content[0].annotations]
    assert cited == [
        ("[1]", "https://example.com/gemma"),
        ("https://example.com/opal", "https://example.com/opal"),
    ]


def test_a_streamed_web_search_tells_each_of_its_steps(site):
    site.play(calls("web_search", {"query": "gems"}), says("A gem [1]."))
    seen = kinds(ask(site, tools=[{"type": "web_search_preview"}], stream=True))
    assert seen[2:7] == [
        "output_item.added",
        "web_search_call.in_progress",
        "web_search_call.searching",
        "web_search_call.completed",
        "output_item.done",
    ]
    assert "output_text.annotation.added" in seen


def test_another_tool_of_the_server_shows_what_it_gave(site):
    backend = site.play(calls("calculator", {"expression": "23*19"}), says("437."), says("Yes."))
    first = ask(site, extra_body={"server_tools": ["calculator"]})
    step = first.output[0]
    assert (step.type, step.name, "437" in step.output) == ("mcp_call", "calculator", True)
    items = [{"role": "user", "content": "Hello"}, *(item.model_dump() for item in first.output)]
    ask(site, input=[*items, {"role": "user", "content": "Sure?"}])
    assert [message.role for message in backend.turns[2].messages] == ["user", "assistant", "tool", "assistant", "user"]


def test_tools_that_are_not_here_are_reported_and_left_out(site):
    backend = site.play(says("Yes."))
    reply = ask(site, tools=[WEATHER, {"type": "local_shell"}, {"type": "custom", "name": "x"}])
    assert len([warning for warning in reply.warnings if "left out" in warning]) == 2
    assert [tool.name for tool in backend.turns[0].tools] == ["get_weather"]


def test_tool_choice_has_its_own_words():
    tools = [WEATHER, {"type": "web_search"}]
    named = {"type": "function", "name": "get_weather"}
    assert read(tools=tools, tool_choice=named).turn.options.tool_choice == Choice("named", "get_weather")
    assert read(tools=tools, tool_choice={"type": "web_search"}).turn.options.tool_choice == Choice(
        "named", "web_search"
    )
    only = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "web_search"}]}
    call = read(tools=tools, tool_choice=only)
    assert (call.turn.tools, call.server_tools, call.turn.options.tool_choice.mode) == ((), ("web_search",), "required")
    with pytest.raises(CallerError, match="there are none"):
        read(tool_choice="required")


def test_log_probabilities_stand_beside_the_text(site):
    token = TokenDetail(5, "Yes", -0.5, (Alternative(6, "No", -1.5),))
    backend = site.play([token, TextDelta("Yes")])
    reply = ask(site, include=["message.output_text.logprobs"], top_logprobs=1)
    assert reply.output[0].content[0].logprobs[0].top_logprobs[0].token == "No"
    assert backend.turns[0].options.top_logprobs == 1


def test_a_reply_that_was_cut_off_is_incomplete_and_says_so(site):
    cut = [CallStarted("c1", "get_weather"), CallArguments("c1", '{"ci'), TextDelta('{"ci')]
    site.play([*cut, Finished("length", (assistant('{"ci'),), Usage(), 1)])
    reply = ask(site, tools=[WEATHER])
    assert (reply.status, reply.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert [(item.type, item.status) for item in reply.output] == [
        ("function_call", "incomplete"),
        ("message", "incomplete"),
    ]
    assert "Do not run it" in reply.warnings[-1]


def test_a_stored_response_is_fetched_listed_and_deleted(site):
    site.play(says("Hello there."))
    client = site.openai()
    reply = ask(site)
    again = client.responses.retrieve(reply.id)
    assert (again.output_text, again.status) == ("Hello there.", "completed")
    (item,) = client.responses.input_items.list(reply.id)
    assert item.content[0].text == "Hello"
    client.responses.delete(reply.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(reply.id)
    with pytest.raises(openai.BadRequestError, match="send the items again"):
        ask(site, previous_response_id=reply.id)


def test_what_is_not_to_be_stored_is_not(site):
    site.play(says("Yes."))
    with pytest.raises(openai.NotFoundError):
        site.openai().responses.retrieve(ask(site, store=False).id)


def test_another_key_finds_nothing(locked_site):
    locked_site.play(says("Secret."))
    reply = locked_site.openai(api_key="first").responses.create(model="scripted", input="Hello")
    stranger = locked_site.openai(api_key="second")
    with pytest.raises(openai.NotFoundError):
        stranger.responses.retrieve(reply.id)
    with pytest.raises(openai.NotFoundError):
        stranger.responses.delete(reply.id)
    with pytest.raises(openai.BadRequestError):
        stranger.responses.create(model="scripted", input="Hello", previous_response_id=reply.id)
    assert locked_site.openai(api_key="first").responses.retrieve(reply.id).output_text == "Secret."
    locked_site.close_clients()


def test_a_file_keeps_responses_over_a_restart(tmp_path):
    settings = Settings(responses_db=str(tmp_path / "kept.sqlite"))
    with serving(settings) as site:
        site.play(says("Hello there."))
        first = ask(site)
        site.close_clients()
    assert (tmp_path / "kept.sqlite").stat().st_mode & 0o077 == 0
    with serving(settings) as site:
        backend = site.play(says("Again."))
        assert ask(site, previous_response_id=first.id).output_text == "Again."
        assert [message.text for message in backend.turns[0].messages] == ["Hello", "Hello there.", "Hello"]
        site.close_clients()


def test_a_response_in_the_background_is_fetched_when_it_is_done(site):
    site.play([Pause(0.05), *says("Done.")])
    reply = ask(site, background=True)
    assert reply.status == "in_progress"
    until = time.monotonic() + 20
    while (reply := site.openai().responses.retrieve(reply.id)).status == "in_progress" and time.monotonic() < until:
        time.sleep(0.02)
    assert (reply.status, reply.output_text) == ("completed", "Done.")


def test_a_response_in_the_background_can_be_cancelled(site):
    site.play([*says("Begun"), Pause(60), *says(" and done.")])
    client = site.openai()
    reply = ask(site, background=True)
    assert client.responses.cancel(reply.id).status == "cancelled"
    assert client.responses.retrieve(reply.id).status == "cancelled"
    assert client.responses.cancel(reply.id).status == "cancelled"


def test_a_failure_is_an_error_or_the_stream_s_last_event(site):
    site.play([Failed(Overloaded("The queue is full."))])
    with pytest.raises(openai.RateLimitError):
        ask(site)
    site.play([*says("Hello "), Failed(Overloaded("The queue is full."))])
    last = list(ask(site, stream=True))[-1]
    assert (last.type, last.response.error.code) == ("response.failed", "rate_limit_exceeded")


def test_a_whole_response_is_of_the_official_type(site):
    site.play(says("Yes."))
    body = httpx.post(f"{site.url}/v1/responses", json={"input": "Hello", "tools": [WEATHER]}).json()
    assert Response.model_validate(body).tools[0].name == "get_weather"


def test_the_tokens_of_a_request_are_counted_without_a_reply(site):
    count = site.openai().responses.input_tokens.count(model="scripted", input="Hello there")
    assert (count.object, count.input_tokens) == ("response.input_tokens", 3)


def test_wishes_for_a_stored_response_are_refused_or_reported(site):
    site.play(says("Hello."))
    client = site.openai()
    reply = ask(site)
    found = client.responses.retrieve(reply.id, include=["message.output_text.logprobs"])
    assert "include" in found.warnings[0]
    with pytest.raises(openai.BadRequestError, match="cannot be streamed"):
        client.responses.retrieve(reply.id, stream=True)
