import anthropic
import pytest

from playground.backends.scripted import calls, says, thinks
from playground.errors import Overloaded
from playground.events import Failed, Finished, TextDelta, Usage
from playground.messages import assistant

HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {"name": "get_weather", "description": "Weather.", "input_schema": {"type": "object", "properties": {}}}


def ask(site, **options):
    given = {"model": "scripted", "max_tokens": 50, "messages": HELLO} | options
    return site.anthropic().messages.create(**given)


def test_a_question_is_answered_with_its_thought(site):
    site.play([*thinks("Hm."), *says("Hello there.")])
    reply = ask(site, thinking={"type": "enabled", "budget_tokens": 20})
    assert [(block.type, getattr(block, "text", "")) for block in reply.content] == [
        ("thinking", ""),
        ("text", "Hello there."),
    ]
    assert (reply.stop_reason, reply.stop_sequence) == ("end_turn", None)


def test_a_stream_adds_up(site):
    site.play([*thinks("Hm."), *says("Let me see."), *calls("get_weather", {"city": "Paris"})])
    with site.anthropic().messages.stream(model="scripted", max_tokens=50, messages=HELLO, tools=[WEATHER]) as stream:
        message = stream.get_final_message()
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
    assert message.content[2].input == {"city": "Paris"}
    assert message.stop_reason == "tool_use"
    assert message.usage.output_tokens > 0


def test_a_result_comes_back_to_the_model(site):
    backend = site.play(calls("get_weather", {"city": "Paris"}), says("15 degrees."))
    first = ask(site, tools=[WEATHER])
    result = {"type": "tool_result", "tool_use_id": first.content[0].id, "content": "15"}
    history = [*HELLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    assert ask(site, tools=[WEATHER], messages=history).content[0].text == "15 degrees."
    assert backend.turns[1].messages[-1].parts[0].text == "15"


def test_a_stop_sequence_is_named(site):
    site.play([TextDelta("a"), Finished("stop", (assistant("a"),), Usage(), 1, stop="END")])
    reply = ask(site, stop_sequences=["END"])
    assert (reply.stop_reason, reply.stop_sequence) == ("stop_sequence", "END")


def test_tokens_are_counted_without_a_reply(site):
    assert site.anthropic().messages.count_tokens(model="scripted", messages=HELLO).input_tokens == 2


def test_errors_have_their_own_shape(site):
    with pytest.raises(anthropic.NotFoundError) as missing:
        ask(site, model="other")
    assert missing.value.body["error"]["type"] == "not_found_error"
    with pytest.raises(anthropic.BadRequestError, match="service_tier"):
        ask(site, service_tier="priority")
    site.play([Failed(Overloaded("The queue is full."))])
    with pytest.raises(anthropic.RateLimitError):
        ask(site)


@pytest.mark.parametrize("stream", [False, True])
def test_the_start_of_a_reply_does_not_come_back_with_it(site, stream):
    """Programs join the two: `"{" + reply`."""
    site.play(says("upon a time"))
    begun = [*HELLO, {"role": "assistant", "content": "Once "}]
    if stream:
        with site.anthropic().messages.stream(model="scripted", max_tokens=50, messages=begun) as events:
            assert "".join(events.text_stream) == "upon a time"
    else:
        assert [block.text for block in ask(site, messages=begun).content] == ["upon a time"]


def test_a_count_knows_the_tools_of_the_server(site):
    count = site.anthropic().messages.count_tokens
    with pytest.raises(anthropic.BadRequestError, match="server_tools"):
        count(model="scripted", messages=HELLO, extra_body={"server_tools": ["rm"]})


def test_two_tools_of_one_name_are_refused(site):
    with pytest.raises(anthropic.BadRequestError, match="two called 'get_weather'"):
        ask(site, tools=[WEATHER, WEATHER])


def test_a_path_that_is_not_here_is_told_in_this_api_s_shape(site):
    with pytest.raises(anthropic.NotFoundError) as missing:
        site.anthropic().messages.batches.list()
    assert missing.value.body["error"]["type"] == "not_found_error"
