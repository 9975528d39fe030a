import base64
import io
import json
import time

import httpx
import openai
import PIL.Image
import pytest

from playground.backends.scripted import Pause, calls, says, thinks
from playground.errors import Overloaded
from playground.events import Failed

HELLO = [{"role": "user", "content": "Hello"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def picture_url():
    file = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_a_question_is_answered(site):
    site.play(says("Hello there."))
    reply = site.openai().chat.completions.create(model="scripted", messages=HELLO, seed=3)
    assert reply.choices[0].message.content == "Hello there."
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.completion_tokens == 2
    assert (reply.seed, reply.warnings) == (3, [])


def test_a_stream_carries_thought_text_and_usage(site):
    site.play([*thinks("Hm, yes."), *says("Hello there.")])
    chunks = list(
        site.openai().chat.completions.create(
            model="scripted", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Hello there."
    assert "".join(getattr(delta, "reasoning_content", "") for delta in deltas) == "Hm, yes."
    assert chunks[-1].usage.completion_tokens == 4


def test_a_call_goes_to_the_client_and_its_result_comes_back(site):
    backend = site.play(calls("get_weather", {"city": "Paris"}), says("It is 15 degrees."))
    client = site.openai()
    first = client.chat.completions.create(model="scripted", messages=HELLO, tools=[WEATHER]).choices[0]
    (call,) = first.message.tool_calls
    assert (first.finish_reason, json.loads(call.function.arguments)) == ("tool_calls", {"city": "Paris"})
    history = [*HELLO, first.message, {"role": "tool", "tool_call_id": call.id, "content": "15"}]
    second = client.chat.completions.create(model="scripted", messages=history, tools=[WEATHER])
    assert second.choices[0].message.content == "It is 15 degrees."
    assert [message.role for message in backend.turns[1].messages] == ["user", "assistant", "tool"]


def test_a_streamed_call_adds_up(site):
    site.play(calls("get_weather", {"city": "Paris"}))
    with site.openai().chat.completions.stream(model="scripted", messages=HELLO, tools=[WEATHER]) as stream:
        message = stream.get_final_completion().choices[0].message
    assert json.loads(message.tool_calls[0].function.arguments) == {"city": "Paris"}


def test_a_tool_of_the_server_is_run_here_and_its_step_shown(site):
    backend = site.play(calls("calculator", {"expression": "23*19"}), says("It is 437."))
    ask = {"model": "scripted", "messages": HELLO, "extra_body": {"server_tools": ["calculator"]}}
    choice = site.openai().chat.completions.create(**ask).choices[0]
    assert (choice.message.content, choice.finish_reason, choice.message.tool_calls) == ("It is 437.", "stop", None)
    (step,) = choice.steps
    assert (step["name"], step["arguments"], "437" in step["result"]) == ("calculator", {"expression": "23*19"}, True)
    assert [message.role for message in backend.turns[1].messages] == ["user", "assistant", "tool"]


def test_a_streamed_step_is_no_call_for_the_client(site):
    site.play(calls("calculator", {"expression": "23*19"}), says("It is 437."))
    ask = {"model": "scripted", "messages": HELLO, "extra_body": {"server_tools": ["calculator"]}}
    chunks = list(site.openai().chat.completions.create(**ask, stream=True))
    assert not any(chunk.choices[0].delta.tool_calls for chunk in chunks)
    assert [chunk.step["arguments"] for chunk in chunks if hasattr(chunk, "step")] == [{"expression": "23*19"}]


def test_a_tool_that_the_server_does_not_have_is_refused(site):
    with pytest.raises(openai.BadRequestError, match="It can name calculator, web_search"):
        site.openai().chat.completions.create(model="scripted", messages=HELLO, extra_body={"server_tools": ["rm"]})


def test_several_choices_come_from_seeds_in_a_row(site):
    backend = site.play(says("One."), says("Two."))
    reply = site.openai().chat.completions.create(model="scripted", messages=HELLO, n=2, seed=7)
    assert sorted(choice.message.content for choice in reply.choices) == ["One.", "Two."]
    assert sorted(turn.options.seed for turn in backend.turns) == [7, 8]


def test_a_picture_reaches_the_model(site):
    backend = site.play(says("Red."))
    content = [
        {"type": "image_url", "image_url": {"url": picture_url()}},
        {"type": "text", "text": "Which colour?"},
    ]
    site.openai().chat.completions.create(model="scripted", messages=[{"role": "user", "content": content}])
    (image,) = backend.turns[0].messages[0].images
    assert (image.width, image.height) == (8, 8)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("data:image/png;base64,AAAA", "not a picture"),
        ("data:image/png,plain", "of the form"),
        ("http://127.0.0.1:9/x.png", "cannot be fetched"),
        ("file:///etc/passwd", "cannot be fetched"),
    ],
)
def test_a_picture_that_cannot_be_had_is_refused_with_the_reason(site, url, reason):
    content = [{"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(openai.BadRequestError, match=reason) as refused:
        site.openai().chat.completions.create(model="scripted", messages=[{"role": "user", "content": content}])
    assert refused.value.code == "bad_image"


def test_a_field_that_is_not_supported_is_refused_and_an_unknown_one_reported(site):
    with pytest.raises(openai.BadRequestError, match="store") as refused:
        site.openai().chat.completions.create(model="scripted", messages=HELLO, store=True)
    assert (refused.value.param, refused.value.code) == ("store", "unsupported_field")
    site.play(says("Yes."))
    reply = site.openai().chat.completions.create(model="scripted", messages=HELLO, extra_body={"wibble": 1})
    assert reply.warnings == ["wibble is not a field of this endpoint; it was ignored."]


def test_errors_have_the_status_that_clients_act_on(site):
    with pytest.raises(openai.NotFoundError, match="There are: scripted"):
        site.openai().chat.completions.create(model="gpt-9", messages=HELLO)
    site.play([Failed(Overloaded("32 requests are waiting already; try again later."))])
    with pytest.raises(openai.RateLimitError) as full:
        site.openai().chat.completions.create(model="scripted", messages=HELLO)
    assert full.value.response.headers["retry-after"] == "5"
    with pytest.raises(openai.BadRequestError, match="temperature"):
        site.openai().chat.completions.create(model="scripted", messages=HELLO, temperature=5)


def test_a_stream_that_breaks_says_why(site):
    site.play([*says("Hello "), Failed(Overloaded("The queue is full."))])
    with pytest.raises(openai.APIError, match="The queue is full"):
        list(site.openai().chat.completions.create(model="scripted", messages=HELLO, stream=True))


def test_a_body_that_is_no_json_or_too_long_is_refused(site):
    url = f"{site.url}/v1/chat/completions"
    assert httpx.post(url, content=b"{").json()["error"]["code"] == "invalid_json"
    assert httpx.post(url, content=b"[1]").json()["error"]["message"].startswith("The body must be a JSON object")
    huge = httpx.post(url, content=b" " * 40_000_000)
    assert (huge.status_code, huge.json()["error"]["code"]) == (413, "request_too_large")


def test_a_client_that_leaves_ends_the_reply(site):
    ended = []

    def script(turn):
        try:
            for number in range(1000):
                yield from says(f"{number} ")
                yield Pause(0.02)
        finally:
            ended.append(time.monotonic())

    site.play(script)
    stream = site.openai().chat.completions.create(model="scripted", messages=HELLO, stream=True)
    next(iter(stream))
    stream.close()
    left = time.monotonic()
    while not ended and time.monotonic() < left + 10:
        time.sleep(0.02)
    assert ended, "the reply went on after its client had left"


def test_models_are_listed(site):
    client = site.openai()
    assert [model.id for model in client.models.list()] == ["scripted"]
    assert client.models.retrieve("scripted").id == "scripted"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("other")


def test_capabilities_name_ranges_and_refused_fields(site):
    able = httpx.get(f"{site.url}/v1/capabilities").json()
    assert able["options"]["temperature"]["maximum"] == 2
    assert able["options"]["top_k"]["default"] == 64
    assert "store" in able["refused_fields"]["/v1/chat/completions"]


def test_every_route_asks_for_the_key(locked_site):
    routes = [
        ("GET", "/v1/models"),
        ("GET", "/v1/models/scripted"),
        ("GET", "/v1/capabilities"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/responses"),
        ("POST", "/v1/responses/input_tokens"),
        ("GET", "/v1/responses/resp_1"),
        ("GET", "/v1/responses/resp_1/input_items"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("POST", "/v1/replay"),
    ]
    served = [path for path in locked_site.app.openapi()["paths"] if path.startswith("/v1")]
    assert len(served) == len(routes)
    for method, path in routes:
        answer = httpx.request(method, locked_site.url + path, headers={"x-api-key": "wrong"})
        assert answer.status_code == 401, path
        assert "API key" in answer.text
        error = answer.json()["error"]
        assert error["type"] == "authentication_error"
        assert error.get("code") == (None if "messages" in path else "invalid_api_key")


@pytest.mark.parametrize("headers", [{"authorization": "Bearer second"}, {"x-api-key": "first"}])
def test_any_of_the_keys_opens(locked_site, headers):
    assert httpx.get(f"{locked_site.url}/v1/models", headers=headers).status_code == 200


def test_a_path_that_is_not_here_is_told_in_this_api_s_shape(site):
    with pytest.raises(openai.NotFoundError, match="There is no POST /v1/embeddings here") as missing:
        site.openai().embeddings.create(model="scripted", input="Hello")
    assert missing.value.code == "not_found"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("wish", [{"reasoning": {"exclude": True}}, {"include_reasoning": False}])
def test_a_thought_can_be_left_out_of_the_reply(site, wish, stream):
    site.play([*thinks("Hm."), *says("Hello there.")])
    reply = site.openai().chat.completions.create(model="scripted", messages=HELLO, stream=stream, extra_body=wish)
    said = [chunk.choices[0].delta for chunk in reply] if stream else [reply.choices[0].message]
    assert "".join(one.content or "" for one in said) == "Hello there."
    assert not any(getattr(one, "reasoning_content", None) for one in said)


def test_the_start_of_a_reply_does_not_come_back_with_it(site):
    site.play(says("upon a time"))
    begun = [*HELLO, {"role": "assistant", "content": "Once "}]
    ask = {"model": "scripted", "messages": begun, "extra_body": {"continue_final_message": True}}
    assert site.openai().chat.completions.create(**ask).choices[0].message.content == "upon a time"


def test_a_stream_tells_its_seed_and_that_usage_is_to_come(site):
    site.play(says("Hello there."))
    ask = {"model": "scripted", "messages": HELLO, "seed": 5, "stream_options": {"include_usage": True}}
    *chunks, last, usage = site.openai().chat.completions.create(**ask, stream=True)
    assert last.seed == 5
    assert all("usage" in chunk.model_fields_set and chunk.usage is None for chunk in [*chunks, last])
    assert usage.usage.completion_tokens == 2
