"""Gradio's API over a live server, through Gradio's own client."""

import base64
import itertools
import json
import time

import gradio as gr
import PIL.Image
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from playground.backends.scripted import ScriptedBackend
from playground.settings import Settings
from playground.ui.models_api import ModelsApi
from playground.ui.services import Services
from tests.ui.scripted_models import ScriptedModels


@pytest.fixture(scope="module")
def client(scripted_app):
    return Client(scripted_app, verbose=False)


def test_a_message_is_answered_with_text_and_the_whole_reply(client):
    text, reply = client.predict(message="hello", api_name="/chat")
    assert text.startswith("Question 1 'hello'")
    assert reply["done"]
    assert reply["finish_reason"] == "stop"
    assert reply["message"]["content"] == text
    assert reply["usage"]["completion_tokens"] > 0
    assert reply["model"] == "scripted"
    assert isinstance(reply["seed"], int)


def test_the_reply_streams(client):
    job = client.submit(message="formatted", api_name="/chat")
    job.result()
    seen = job.outputs()
    assert len(seen) > 1
    texts = [text for text, _ in seen]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
    assert [reply["done"] for _, reply in seen][-1]
    assert not any(reply["done"] for _, reply in seen[:-1])


def test_options_seed_and_system_prompt_are_taken(client):
    text, reply = client.predict(message="hi", system="Be kind", temperature=0.25, seed=77, api_name="/chat")
    assert "temperature 0.25. System: Be kind." in text
    assert reply["seed"] == 77


def test_history_and_pictures_reach_the_model(client, tmp_path):
    path = tmp_path / "red.png"
    PIL.Image.new("RGB", (40, 40), "red").save(path)
    history = [{"role": "user", "content": "one"}, {"role": "assistant", "content": "first answer"}]
    text, _ = client.predict(message="two", files=[handle_file(path)], history=history, api_name="/chat")
    assert text.startswith("Question 2 'two' with 1 pictures")


def test_pictures_by_address_reach_the_model_and_addresses_of_this_machine_do_not(client, tmp_path):
    path = tmp_path / "red.png"
    PIL.Image.new("RGB", (40, 40), "red").save(path)
    inside = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    text, _ = client.predict(message="two", files=[handle_file(path)], image_urls=[inside], api_name="/chat")
    assert "'two' with 2 pictures" in text
    text, _ = client.predict(message="", image_urls=[inside], api_name="/chat")
    assert "with 1 pictures" in text
    with pytest.raises(AppError, match=r"The image at http://127\.0\.0\.1:1/x\.png cannot be fetched"):
        client.predict(message="two", image_urls=["http://127.0.0.1:1/x.png"], api_name="/chat")


def test_a_conversation_longer_than_the_context_is_refused_or_loses_its_oldest_messages(client):
    history = [{"role": role, "content": "many words " * 60} for role in ("user", "assistant") * 2]
    asked = {"message": "hello", "history": history, "model": "small", "max_tokens": 20, "api_name": "/chat"}
    with pytest.raises(AppError, match=r"the model's context is 300.* let the oldest messages be dropped"):
        client.predict(**asked)
    _, reply = client.predict(overflow="drop_oldest", **asked)
    assert reply["card"]["dropped_messages"] in (2, 4)
    with pytest.raises(AppError, match="overflow is 'shrink'; it must be refuse or drop_oldest"):
        client.predict(overflow="shrink", **asked)


def test_built_in_tools_are_run_when_they_are_named(client):
    text, reply = client.predict(message="use the calculator", tools=["calculator"], api_name="/chat")
    assert "6*7 = 42" in text
    assert reply["calls"][0]["arguments"] == {"expression": "6*7"}
    assert [message["role"] for message in reply["messages"]] == ["assistant", "tool", "assistant"]
    text, _ = client.predict(message="use the calculator", api_name="/chat")
    assert text.startswith("Question 1")


def test_the_callers_own_tool_comes_back_to_be_run_and_goes_on_with_its_result(client):
    tool = {
        "type": "function",
        "function": {
            "name": "find_order",
            "description": "Look up an order.",
            "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}},
        },
    }
    _, reply = client.predict(message="Where is my order?", user_tools=[tool], api_name="/chat")
    assert reply["finish_reason"] == "tool_calls"
    call = reply["message"]["tool_calls"][0]
    assert json.loads(call["function"]["arguments"]) == {"number": 12}
    history = [
        {"role": "user", "content": "Where is my order?"},
        *reply["messages"],
        {"role": "tool", "tool_call_id": call["id"], "content": "on its way"},
    ]
    text, reply = client.predict(message="", history=history, user_tools=[tool], api_name="/chat")
    assert text == "The tool said: on its way"
    assert reply["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"message": ""}, "The message is empty"),
        ({"message": "hi", "temperature": 7}, "temperature is 7"),
        ({"message": "hi", "model": "nowhere"}, "There is no model called 'nowhere'"),
        ({"message": "hi", "tools": ["hammer"]}, "There is no built-in tool 'hammer'"),
        ({"message": "hi", "history": [{"role": "wizard", "content": "?"}]}, "messages.0.role is 'wizard'"),
        ({"message": "please fail"}, "ran out of memory"),
    ],
)
def test_errors_reach_the_client_in_their_own_words(client, request_, words):
    with pytest.raises(Exception, match=words):
        client.predict(**request_, api_name="/chat")


def test_models_are_listed_with_what_holds_for_each(client):
    models = {model["name"]: model for model in client.predict(api_name="/models")}
    assert models["scripted"]["default"]
    assert models["scripted"]["state"] == "loaded"
    assert models["gemma-4-e2b"]["state"] in {"absent", "partial", "here"}
    assert models["reader"]["images"] is False


@pytest.mark.thorough
def test_a_model_is_downloaded_stopped_and_gone_on_with_loaded_and_unloaded_by_a_program(client):
    name = "google/gemma-3-4b-it"  # the page's tests have others
    job = client.submit(name=name, api_name="/download_model")
    while not job.outputs():
        time.sleep(0.05)
    stopped = client.predict(name=name, api_name="/stop_model")
    assert stopped["name"] == name
    assert job.result(timeout=60)["state"] == "partial"
    assert job.outputs()[0]["doing"] == "downloading"
    whole = client.submit(name=name, api_name="/download_model")
    assert whole.result(timeout=60)["state"] == "here"
    assert any("B/s, " in step["words"] for step in whole.outputs()[:-1])
    assert client.predict(name="small", api_name="/load_model")["state"] == "loaded"
    assert client.predict(name="small", api_name="/unload_model")["state"] == "here"
    with pytest.raises(AppError, match="There is no model called 'nowhere'"):
        client.predict(name="nowhere", api_name="/load_model")


def test_strangers_manage_no_models():
    services = Services(Settings(), ScriptedModels(ScriptedBackend([])), {})
    api = ModelsApi(services, manage_models=False)
    for act in (api.download, api.load, api.unload, api.stop):
        with pytest.raises(gr.Error, match="only from its own machine"):
            next(iter(act("scripted")))
    services.usage.close()


def test_tokens_are_counted_by_what_they_are_spent_on(client):
    count = client.predict(message="three little words", system="Be kind", api_name="/count_tokens")
    assert count["system"] == 2
    assert count["total"] >= 5
    assert count["context"] == 400_000


def test_only_the_endpoints_that_are_meant_are_public_and_documented(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    beside = {"/vision", "/vision_cost", "/vision_tasks", "/ask_document", "/document_cost"}
    beside |= {f"/eval_{name}" for name in ("save", "run", "runs", "results", "compare", "go_on", "stop")}
    beside |= {f"/{act}_model" for act in ("download", "load", "unload", "stop")}
    assert set(endpoints) == {"/chat", "/replay", "/models", "/count_tokens", "/tool_reliability", "/compare", *beside}
    parameters = {one["parameter_name"]: one for one in endpoints["/chat"]["parameters"]}
    assert {"message", "files", "history", "system", "temperature", "seed", "thinking", "tools"} <= parameters.keys()
    assert parameters["temperature"]["parameter_default"] == 1.0
    assert all(one["label"] for one in parameters.values())
