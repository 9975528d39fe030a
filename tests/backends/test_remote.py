"""Models on other servers, against real ones on loopback: servers with the oddities of others, and this very one."""

import json
import threading
import time
from contextlib import ExitStack

import pytest

from playground.backends.catalogue import Catalogue
from playground.backends.hub import Hub
from playground.backends.remote_config import ModelConfig, ServerConfig, from_file, from_flags
from playground.backends.remote_models import RemoteModels
from playground.backends.scripted import Pause, calls, says, thinks
from playground.chat.loop import run
from playground.errors import CallerError, ContextTooLong, ModelUnavailable, Overloaded, UnsupportedInput
from playground.events import (
    Alternative,
    CallReady,
    CallStarted,
    Failed,
    Finished,
    TextDelta,
    ThinkingDelta,
    TokenDetail,
    ToolFinished,
)
from playground.grammar import Choice, JsonSchema
from playground.images import read_image
from playground.messages import Text, Thinking, ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.run_card import compare
from playground.settings import Settings
from playground.turn import Turn
from tests.api.conftest import serving
from tests.backends.odd_server import odd_server
from tools.calculator import calculator
from tools.tool import ToolSpec

KEY = "sk-very-secret"
WEATHER = ToolSpec("weather", "The weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


@pytest.fixture
def odd():
    with odd_server() as server:
        yield server


@pytest.fixture
def remote():
    """A model on servers of these addresses, closed after the test."""
    with ExitStack() as stack:

        def make(*urls, **config):
            servers = tuple(
                url if isinstance(url, ServerConfig) else ServerConfig(url=url, priority=number)
                for number, url in enumerate(urls)
            )
            models = RemoteModels([ModelConfig(name="there", servers=servers, **config)])
            stack.callback(models.close)
            return models.find("there")

        yield make


@pytest.fixture(scope="module")
def ours():
    with serving(Settings()) as site:
        yield site


def told(model, turn, cancel=None):
    return list(model.reply(turn, cancel or threading.Event()))


def ask(text="Hello", *tools, **options):
    return Turn((user(text),), tools, Options(seed=7, **options))


def texts(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thoughts(events):
    return "".join(event.text for event in events if isinstance(event, ThinkingDelta))


def test_a_reply_arrives_with_usage_reason_and_card(odd, remote):
    odd.says({"content": "Hel"}, {"content": "lo"}, usage={"prompt_tokens": 5, "completion_tokens": 2})
    *_, end = events = told(remote(odd.url), ask())
    assert texts(events) == "Hello"
    assert (end.reason, end.seed, end.messages) == ("stop", 7, (assistant("Hello"),))
    assert (end.usage.prompt_tokens, end.usage.completion_tokens) == (5, 2)
    assert end.usage.first_token_s > 0
    assert end.card["remote"]["server"] in odd.url
    assert "output_ids" in end.card["remote"]["unknown"]


def test_no_comparison_calls_a_remote_reply_identical(odd, remote):
    odd.says({"content": "Hello"})
    card = told(remote(odd.url), ask())[-1].card
    assert not compare({"turns": [card]}, {"turns": [card]}).identical


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_thought_is_read_from_either_field(odd, remote, field):
    odd.says({field: "Let me "}, {field: "see."}, {"content": "42"})
    events = told(remote(odd.url), ask())
    assert (thoughts(events), texts(events)) == ("Let me see.", "42")
    assert events[-1].messages[0].parts == (Thinking("Let me see."), Text("42"))


@pytest.mark.parametrize(
    ("pieces", "thought", "text"),
    [
        (["<thi", "nk>a", " b</th", "ink>\n\nyes"], "a b", "yes"),
        (["<think>\nnever closed"], "never closed", ""),
        (["<b>bold</b>"], "", "<b>bold</b>"),
        (["Say <think>this</think>"], "", "Say <think>this</think>"),
        (["<|channel>thought\n", "x<channel|>", "y"], "x", "y"),
        (["<thi"], "", "<thi"),
    ],
)
def test_thoughts_between_tags_are_taken_out_of_the_beginning_only(odd, remote, pieces, thought, text):
    odd.says(*({"content": piece} for piece in pieces))
    events = told(remote(odd.url), ask())
    assert (thoughts(events), texts(events)) == (thought, text)


def test_calls_are_read_whatever_way_they_are_cut(odd, remote):
    def piece(index, call_id=None, name=None, arguments=None):
        function = {"name": name, "arguments": arguments}
        return {"tool_calls": [{"index": index, "id": call_id, "function": function}]}

    odd.says(
        piece(0, "a", "weather", ""),
        piece(0, arguments='{"city": '),
        piece(0, arguments='"Rome"}'),
        piece(1, "b", "weather", '{"city": "Oslo"}'),
        piece(2, None, "weather"),
        finish="tool_calls",
    )
    *_, end = events = told(remote(odd.url), ask("Weather?", WEATHER))
    assert [event.name for event in events if isinstance(event, CallStarted)] == ["weather"] * 3
    ready = [event.call for event in events if isinstance(event, CallReady)]
    assert [call.arguments for call in ready] == [{"city": "Rome"}, {"city": "Oslo"}, {}]
    assert [call.id for call in ready[:2]] == ["a", "b"]
    assert ready[2].id
    assert end.reason == "tool_calls"


def test_an_id_that_the_conversation_has_already_is_replaced(odd, remote):
    odd.says({"tool_calls": [{"index": 0, "id": "call_0", "function": {"name": "weather", "arguments": "{}"}}]})
    earlier = (assistant(ToolCall("call_0", "weather", {})), tool(ToolResult("call_0", "weather", "sun")))
    turn = Turn((user("a"), *earlier, user("b")), (WEATHER,))
    assert told(remote(odd.url), turn)[-1].messages[0].calls[0].id != "call_0"


def test_arguments_that_are_no_json_go_back_to_the_model(odd, remote):
    def answer(turn):
        return turn

    odd.says({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "calculator", "arguments": "{oops"}}]})
    box = {"calculator": calculator()}
    turn = ask("2+2?", box["calculator"].spec, rounds=1)
    results = [e.result for e in run(turn, remote(odd.url), box, threading.Event()) if isinstance(e, ToolFinished)]
    assert results[0].is_error
    assert "unreadable_arguments" in results[0].text


def test_a_call_that_was_cut_off_is_no_call(odd, remote):
    call = {"index": 0, "id": "a", "function": {"name": "weather", "arguments": '{"ci'}}
    odd.says({"tool_calls": [call]}, finish="length")
    end = told(remote(odd.url), ask("x", WEATHER))[-1]
    assert (end.reason, end.messages) == ("length", ())


def test_log_probabilities_come_with_their_alternatives(odd, remote):
    token = {"token": "Hi", "logprob": -0.5, "top_logprobs": [{"token": "Yo", "logprob": -1.5}]}
    odd.says({"content": "Hi"})
    odd.chunks[0]["choices"][0]["logprobs"] = {"content": [token]}
    details = [e for e in told(remote(odd.url), ask(logprobs=True, top_logprobs=1)) if isinstance(e, TokenDetail)]
    assert details == [TokenDetail(-1, "Hi", -0.5, (Alternative(-1, "Yo", -1.5),))]
    assert (odd.bodies[0]["logprobs"], odd.bodies[0]["top_logprobs"]) == (True, 1)


def test_every_option_reaches_a_server_that_knows_it(odd, remote):
    odd.models = [{"id": "gemma", "owned_by": "vllm", "max_model_len": 32768}]
    odd.says({"content": "{}"})
    options = {
        "temperature": 0.5,
        "top_p": 0.5,
        "top_k": 0,
        "min_p": 0.25,
        "max_tokens": 9,
        "stop": ("END",),
        "presence_penalty": 1.0,
        "frequency_penalty": -1.0,
        "repetition_penalty": 1.25,
        "logit_bias": {5: 2.0},
        "thinking": "on",
        "response_format": JsonSchema({"type": "object"}),
        "tool_choice": Choice("named", "weather"),
        "parallel_tool_calls": False,
    }
    model = remote(odd.url)
    end = told(model, ask("x", WEATHER, **options))[-1]
    body = odd.bodies[0]
    same = ("temperature", "top_p", "min_p", "max_tokens", "presence_penalty", "frequency_penalty")
    assert {name: body[name] for name in same} == {name: options[name] for name in same}
    assert (body["seed"], body["stop"], body["top_k"], body["logit_bias"]) == (7, ["END"], -1, {"5": 2.0})
    assert (body["repetition_penalty"], body["parallel_tool_calls"]) == (1.25, False)
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert body["tools"][0]["function"]["parameters"] == WEATHER.parameters
    assert model.capabilities.context_tokens == 32768
    assert end.card["remote"]["not_sent"] == ["effort"]


def test_an_option_that_a_server_has_no_word_for_is_refused_and_a_default_is_noted(odd, remote):
    odd.says({"content": "x"})
    model = remote(odd.url)
    end = told(model, ask(top_k=3))[-1]
    assert isinstance(end.error, UnsupportedInput)
    assert "top_k is 3" in end.error.message
    assert not odd.bodies
    assert told(model, ask())[-1].card["remote"]["not_sent"] == ["top_k"]


def test_a_refusal_of_the_servers_is_told_in_its_words(odd, remote):
    odd.status, odd.error = 422, {"detail": "Unexpected fields: {'seed'}"}
    error = told(remote(odd.url), ask())[-1].error
    assert isinstance(error, CallerError)
    assert "Unexpected fields" in error.message
    odd.status, odd.error = 400, {"error": {"message": "This model's maximum context length is 8 tokens"}}
    assert isinstance(told(remote(odd.url), ask())[-1].error, ContextTooLong)


@pytest.mark.parametrize(("status", "words"), [(401, "refused the key"), (404, "has no model"), (500, "status 500")])
def test_errors_are_told_in_plain_words_without_the_key(odd, remote, status, words, caplog):
    odd.status = status
    server = ServerConfig(url=odd.url, key=KEY)
    error = told(remote(server), ask())[-1].error
    assert words in error.message
    assert KEY not in f"{error} {server!r} {caplog.text}"


def test_a_full_server_is_told_as_such(odd, remote):
    odd.status = 429
    assert isinstance(told(remote(odd.url), ask())[-1].error, Overloaded)


def test_the_key_and_the_attribution_are_sent(odd):
    odd.says({"content": "x"})
    models = RemoteModels(from_flags([odd.url], [KEY], [], {"HTTP-Referer": "https://me.example", "X-Title": "Mine"}))
    told(models.find(models.names[0]), ask())
    models.close()
    sent = odd.headers[0]
    assert sent["authorization"] == f"Bearer {KEY}"
    assert (sent["http-referer"], sent["x-title"]) == ("https://me.example", "Mine")


def test_pictures_results_and_thoughts_are_written_as_the_protocol_has_them(odd, remote):
    odd.models[0]["owned_by"] = "gemma-playground"
    odd.says({"content": "x"})
    picture = read_image(png(), "a picture")
    call = ToolCall("c", "weather", {"city": "Rome"})
    turn = Turn(
        (
            system("Be brief."),
            user("first"),
            assistant(Thinking("old"), "ok"),
            user(picture, "what?"),
            assistant(Thinking("hm"), call),
            tool(ToolResult("c", "weather", "sun")),
        ),
        (WEATHER,),
    )
    told(remote(odd.url), turn)
    first, second, third, fourth, fifth, sixth = odd.bodies[0]["messages"]
    assert (first, second) == ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "first"})
    assert third == {"role": "assistant", "content": "ok"}
    assert fourth["content"][0]["image_url"]["url"].startswith("data:image/")
    assert (fifth["reasoning_content"], fifth["tool_calls"][0]["id"]) == ("hm", "c")
    assert json.loads(fifth["tool_calls"][0]["function"]["arguments"]) == {"city": "Rome"}
    assert (sixth["role"], sixth["tool_call_id"], sixth["content"]) == ("tool", "c", "sun")


def png():
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()


def test_another_server_takes_over_before_the_first_token(odd, remote):
    odd.says({"content": "second"})
    with odd_server() as broken:
        broken.status = 503
        model = remote(broken.url, odd.url)
        *_, end = events = told(model, ask())
        assert texts(events) == "second"
        assert "503" in end.card["remote"]["failed_before"][0]
        told(model, ask())
        assert len(broken.bodies) == 1  # it rests


def test_no_other_server_is_asked_after_the_first_token(odd, remote):
    odd.says({"content": "second"})
    with odd_server() as broken:
        broken.chunks = [{"choices": [{"index": 0, "delta": {"content": "first"}, "finish_reason": None}]}]
        *_, end = events = told(remote(broken.url, odd.url), ask())
    assert texts(events) == "first"
    assert isinstance(end, Failed)
    assert end.messages == (assistant("first"),)
    assert not odd.bodies


def test_a_mistake_of_the_callers_is_not_tried_twice(odd, remote):
    with odd_server() as strict:
        strict.status = 400
        assert isinstance(told(remote(strict.url, odd.url), ask())[-1].error, CallerError)
    assert not odd.bodies


def test_when_all_fail_each_is_named(remote):
    error = told(remote("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"), ask())[-1].error
    assert "None of the 2 servers" in error.message
    assert "127.0.0.1:1" in error.message
    assert "127.0.0.1:2" in error.message


def test_servers_of_one_priority_share_the_load(remote):
    with odd_server() as one, odd_server() as two:
        for server in (one, two):
            server.says({"content": "a"}, {"content": "b"})
            server.pause_s = 0.3
        model = remote(ServerConfig(url=one.url), ServerConfig(url=two.url))
        threads = [threading.Thread(target=told, args=(model, ask())) for _ in range(2)]
        for thread in threads:
            thread.start()
            while not (one.bodies or two.bodies):
                time.sleep(0.01)
        for thread in threads:
            thread.join()
        assert len(one.bodies) == len(two.bodies) == 1


def test_cancelling_closes_the_connection(odd, remote):
    odd.says(*({"content": "word "} for _ in range(200)))
    odd.pause_s = 0.05
    cancel = threading.Event()
    events = remote(odd.url).reply(ask(), cancel)
    assert isinstance(next(events), TextDelta)
    cancel.set()
    *_, end = events
    assert (end.reason, bool(end.messages)) == ("cancelled", True)
    assert odd.gone.wait(10)


def test_closing_the_iterator_closes_the_connection(odd, remote):
    odd.says(*({"content": "word "} for _ in range(200)))
    odd.pause_s = 0.05
    events = remote(odd.url).reply(ask(), threading.Event())
    next(events)
    events.close()
    assert odd.gone.wait(10)


def test_the_settings_say_what_the_server_does_not(odd, remote):
    assert remote(odd.url).capabilities.context_tokens == 8192
    able = remote(odd.url, context_tokens=1000, images=False).capabilities
    assert (able.context_tokens, able.images, able.tools) == (1000, False, True)


def test_a_model_that_the_server_does_not_list_is_named_with_those_that_it_does(odd):
    models = RemoteModels(from_flags([odd.url], [], ["other"], {}))
    model = models.find("other")
    model.check()
    assert "'other'" in model.problem
    assert "gemma" in model.problem
    models.close()


def test_flags_are_joined_and_checked():
    one, two = from_flags(["http://a.example/v1", "http://b.example/v1"], ["k"], ["m", "n"], {})
    assert (one.name, two.name, two.servers[0].secret) == ("m", "n", "k")
    (routed,) = from_flags(["http://a.example/v1", "http://b.example/v1"], [], ["m"], {})
    assert [server.priority for server in routed.servers] == [0, 1]
    with pytest.raises(CallerError, match="2 backend URLs and 3 backend keys"):
        from_flags(["http://a.example", "http://b.example"], ["1", "2", "3"], [], {})
    with pytest.raises(CallerError, match="http"):
        from_flags(["ftp://a.example"], [], [], {})
    with pytest.raises(CallerError, match="no backend URL"):
        from_flags([], [KEY], [], {})


def test_a_file_is_read_and_its_unknown_keys_are_errors(tmp_path, monkeypatch):
    file = tmp_path / "backends.json"
    server = {"url": "http://a.example/v1", "key_env": "A_KEY", "priority": 2}
    file.write_text(json.dumps({"models": [{"name": "m", "servers": [server]}]}))
    with pytest.raises(CallerError, match="A_KEY"):
        from_file(file, {})
    monkeypatch.setenv("A_KEY", KEY)
    (model,) = from_file(file, {"X-Title": "t"})
    assert (model.servers[0].secret, model.servers[0].headers) == (KEY, {"X-Title": "t"})
    file.write_text(json.dumps({"models": [{"name": "m", "servers": [server | {"prio": 1}]}]}))
    with pytest.raises(CallerError, match=r"prio: extra inputs"):
        from_file(file, {})


class TestThisVeryServer:
    def test_the_tool_loop_runs_here_and_the_model_there(self, ours, remote):
        ours.play(
            calls("calculator", {"expression": "6*7"}),
            lambda turn: says(f"It is {turn.messages[-1].parts[0].text.split()[-1]}."),
        )
        box = {"calculator": calculator()}
        turn = ask("6*7?", box["calculator"].spec)
        *_, end = list(run(turn, remote(f"{ours.url}/v1"), box, threading.Event()))
        assert isinstance(end, Finished), end
        assert end.messages[-1].text == "It is 42."
        assert [call["name"] for call in end.card["tool_calls"]] == ["calculator"]

    def test_thoughts_options_and_capabilities_come_through(self, ours, remote):
        backend = ours.play(thinks("Let me see.") + says("Yes."), context_tokens=5000, images=False)
        model = remote(f"{ours.url}/v1")
        able = model.capabilities
        assert (able.context_tokens, able.images) == (5000, False)
        options = {"top_k": 3, "min_p": 0.5, "thinking": "on", "effort": "high", "thinking_tokens": 99}
        options |= {"image_tokens": "560", "pan_and_scan": True}
        events = told(model, ask("Hm?", **options))
        assert (thoughts(events), texts(events)) == ("Let me see.", "Yes.")
        got = backend.turns[0].options
        assert {name: getattr(got, name) for name in options} == options
        assert got.seed == 7

    def test_stopping_here_stops_the_model_there(self, ours, remote):
        ended = threading.Event()

        def endless(turn):
            try:
                while True:
                    yield TextDelta("word ")
                    yield Pause(0.02)
            finally:
                ended.set()

        ours.play(endless)
        cancel = threading.Event()
        events = remote(f"{ours.url}/v1").reply(ask(), cancel)
        next(events)
        cancel.set()
        assert list(events)[-1].reason == "cancelled"
        assert ended.wait(20)


class TestTheCatalogue:
    @pytest.fixture
    def catalogue(self, odd, tmp_path):
        made = []

        def make(*models, url=odd.url):
            there = RemoteModels(from_flags([url], [KEY], ["gemma"], {}))
            hub = Hub(cache=tmp_path)
            made.append(Catalogue(lambda *_: None, models=models, device="cpu", hub=hub, remote=there))
            return made[-1]

        yield make
        for each in made:
            each.close()

    def test_a_model_elsewhere_is_listed_first_and_answers_by_default(self, odd, catalogue):
        odd.says({"content": "hi"})
        models = catalogue("auto")
        assert models.name_of(None) == "gemma"
        first = models.listings()[0]
        assert (first.entry.name, first.entry.state, first.loaded, first.fits) == ("gemma", "here", True, True)
        assert first.entry.remote in odd.url
        assert texts(told(models.resolve(), ask())) == "hi"

    def test_a_named_local_model_stays_the_default(self, catalogue):
        models = catalogue("embedded")
        assert models.name_of(None) == "embedded"
        assert models.resolve("gemma").capabilities.family == "remote"

    def test_a_server_that_is_down_is_told_in_the_list(self, catalogue):
        models = catalogue("auto", url="http://127.0.0.1:1/v1")
        listing = models.listing("gemma")
        assert not listing.loaded
        assert "cannot be reached" in listing.entry.note
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            models.load("gemma")
        with pytest.raises(ModelUnavailable, match="nothing to unload"):
            models.unload("gemma")
