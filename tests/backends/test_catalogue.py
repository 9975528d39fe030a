"""Names find models, models load when asked, memory comes back, and nobody's request loses its model."""

import gc
import os
import shutil
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import huggingface_hub
import psutil
import pytest
import torch

from playground import messages
from playground.backends.backend import Capabilities, TokenCount
from playground.backends.catalogue import Catalogue
from playground.backends.embedded import EmbeddedModel
from playground.backends.hub import Hub
from playground.backends.known_models import KNOWN
from playground.backends.local import LocalBackend
from playground.engine import weights
from playground.engine.checkpoint import read_checkpoint
from playground.engine.devices import Precision
from playground.engine.memory import foresee
from playground.errors import Cancelled, ModelUnavailable
from playground.events import Failed, Finished, Progress, TextDelta, Usage
from playground.options import Options
from playground.turn import Turn
from tests.backends.hub_server import HubServer, Repo
from tests.engine.test_adapters import write_adapter
from tests.engine.tiny_checkpoints import save
from tests.tiny_models import tiny_model

COMMIT = "d" * 40
TURN = Turn((messages.user("hello"),))


class NextToken:
    """A backend with a real model and the smallest reply there is. `gate` holds its replies back until it is set."""

    made = 0

    def __init__(self, loaded, name):
        type(self).made += 1
        self.loaded = loaded
        self.gate = threading.Event()
        self.gate.set()
        self.capabilities = Capabilities(
            name, loaded.family, loaded.context_tokens, False, True, True, details={"x": 1}
        )

    def reply(self, turn, cancel):
        ids = torch.tensor([[2, *(20 + byte for byte in turn.messages[-1].text.encode())]])
        with torch.no_grad():
            token = int(self.loaded.model(ids).logits[0, -1].argmax())
        yield TextDelta(str(token))
        self.gate.wait()
        yield Finished("stop", (messages.assistant(str(token)),), Usage(completion_tokens=1), seed=1)

    def count_tokens(self, turn):
        size = len(turn.messages[-1].text)
        return TokenCount(total=size, system=0, tools=0, images=0, context=self.loaded.context_tokens)

    def cache_usage(self):
        """No engine, no past tokens."""
        return {}

    def close(self):
        self.gate.set()
        del self.loaded


@pytest.fixture(autouse=True)
def nothing_from_this_machine(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    NextToken.made = 0
    yield
    huggingface_hub.close_session()


@pytest.fixture
def hub(tmp_path):
    return Hub(endpoint="http://127.0.0.1:1", cache=tmp_path / "cache")


@pytest.fixture
def small(tmp_path):
    """In place of the embedded model."""
    save("gemma3_text", tmp_path / "small")
    return EmbeddedModel(tmp_path / "small", adapters=())


@pytest.fixture
def catalogue(hub, small):
    made = []

    def make(*models, **options):
        made.append(Catalogue(NextToken, models=models, device="cpu", hub=hub, embedded=small, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def put_in_cache(hub, hub_id, model_type="gemma3_text", **changes):
    """A tiny model where the hub's cache would have a real one."""
    snapshot = hub.folder(hub_id) / "snapshots" / COMMIT
    save(model_type, snapshot, **changes)
    refs = hub.folder(hub_id) / "refs"
    refs.mkdir()
    (refs / "main").write_text(COMMIT)
    return snapshot


def need(folder):
    return foresee(read_checkpoint(folder), Precision(torch.bfloat16, "")).total


def set_memory(monkeypatch, catalogue, budget):
    """Memory for `budget` bytes of foreseen need, less what is loaded."""

    def free(*_):
        return budget - sum(need(seat.source.place) for seat in catalogue._models.seats())

    monkeypatch.setattr("playground.engine.memory.free_host_bytes", free)


def text(events):
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def reply(backend, cancel=None):
    return list(backend.reply(TURN, cancel or threading.Event()))


# auto


def test_auto_is_the_embedded_one_with_a_reason_where_nothing_else_is(catalogue, monkeypatch):
    monkeypatch.setattr("playground.engine.devices.cpu_features", lambda: {"avx512_bf16": True})
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 20 * 10**9)
    choice = catalogue().default()
    assert (choice.name, choice.fallback) == ("embedded", True)
    assert "No larger Gemma is on this machine yet. So this is the embedded Gemma 3 270M" in choice.reason
    assert "gemma-4-e2b (10.2 GB, no token needed)" in choice.reason


def test_auto_advises_only_what_would_fit(catalogue, monkeypatch):
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 4 * 10**9)
    assert "gemma-3-1b (2.0 GB, needs a token)" in catalogue(dtype="bfloat16").default().reason
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 10**8)
    assert "for example" not in catalogue(dtype="bfloat16").default().reason


def test_auto_takes_the_best_that_is_here(catalogue, hub):
    put_in_cache(hub, "google/gemma-3-270m-it")
    put_in_cache(hub, "google/gemma-3-4b-it", "gemma3")
    put_in_cache(hub, "google/gemma-3-1b-it")
    choice = catalogue().default()
    assert (choice.name, choice.fallback) == ("gemma-3-4b", False)


def test_auto_takes_a_smaller_one_where_the_best_does_not_fit(catalogue, hub, monkeypatch):
    put_in_cache(hub, "google/gemma-3-4b-it", "gemma3", vocab_size=40_000)
    small = put_in_cache(hub, "google/gemma-3-1b-it")
    models = catalogue(dtype="bfloat16")
    set_memory(monkeypatch, models, need(small) + 1000)
    assert models.default().name == "gemma-3-1b"


def test_auto_says_with_figures_when_what_is_here_does_not_fit(catalogue, hub, monkeypatch):
    put_in_cache(hub, "google/gemma-3-1b-it")
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 100_000_000)
    choice = catalogue().default()
    assert choice.name == "embedded"
    assert "gemma-3-1b is here but too large: Needs 2" in choice.reason
    assert "100 MB are free" in choice.reason


def test_auto_passes_over_what_is_not_whole(catalogue, hub):
    (put_in_cache(hub, "google/gemma-3-4b-it") / "model.safetensors").unlink()
    put_in_cache(hub, "google/gemma-3-1b-it")
    assert catalogue().default().name == "gemma-3-1b"


def test_a_model_named_in_the_settings_is_the_default(catalogue, hub):
    put_in_cache(hub, "google/gemma-3-4b-it")
    models = catalogue("gemma-3-1b", "embedded")
    assert models.default().name == "gemma-3-1b"
    assert not models.default().fallback


def test_the_default_stays_when_a_better_one_arrives_and_changes_when_one_is_chosen(catalogue, hub):
    models = catalogue()
    assert models.default().name == "embedded"
    put_in_cache(hub, "google/gemma-3-1b-it")
    assert models.default().name == "embedded"
    models.switch("gemma-3-1b")
    assert models.default().name == "gemma-3-1b"
    assert not models.default().fallback


# names


@pytest.mark.parametrize("name", ["gemma-3-1b", "google/gemma-3-1b-it", "Google/Gemma-3-1B-it"])
def test_short_names_and_hub_ids_are_one_model(name, catalogue, hub):
    put_in_cache(hub, "google/gemma-3-1b-it")
    models = catalogue()
    models.load("gemma-3-1b")
    assert models.listing(name).loaded
    assert models.resolve(name).capabilities.name == "gemma-3-1b"
    assert NextToken.made == 1


def test_other_models_in_the_cache_are_found_by_their_hub_id(catalogue, hub):
    put_in_cache(hub, "somebody/gemma-3-tuned")
    models = catalogue()
    assert models.listing("somebody/gemma-3-tuned").entry.state == "here"
    assert "somebody/gemma-3-tuned" in [listing.entry.name for listing in models.listings()]
    assert text(reply(models.resolve("somebody/gemma-3-tuned")))


def test_models_of_other_kinds_in_the_cache_are_left_out(catalogue, hub):
    snapshot = put_in_cache(hub, "somebody/llama")
    (snapshot / "config.json").write_text('{"model_type": "llama"}')
    broken = put_in_cache(hub, "somebody/broken")
    (broken / "config.json").write_text("{")
    names = [listing.entry.name for listing in catalogue().listings()]
    assert names == [known.name for known in KNOWN] + ["embedded"]


@pytest.mark.parametrize("name", ["../..", "/etc", "~nobody/x", "a/b/c", "x" * 10_000, "\0", ".", "google/gemma-9"])
def test_names_that_strangers_try_find_nothing(name, catalogue):
    with pytest.raises(ModelUnavailable, match="no model called"):
        catalogue().resolve(name)


@pytest.mark.parametrize("name", ["/no/such/folder", "~nobody/x", "\0"])
def test_an_offer_that_can_be_nothing_is_refused(name, catalogue):
    with pytest.raises(ModelUnavailable, match=r"neither a folder or \.gguf file"):
        catalogue().offer(name)


def test_an_unknown_name_is_answered_with_the_known_ones(catalogue):
    with pytest.raises(ModelUnavailable, match=r"no model called 'gpt-4' here. There are: embedded, gemma-3") as caught:
        catalogue().resolve("gpt-4")
    assert caught.value.param == "model"


def test_a_folder_answers_only_where_it_was_offered(catalogue, tmp_path):
    save("gemma4_text", tmp_path / "mine")
    with pytest.raises(ModelUnavailable, match="no model called"):
        catalogue().resolve(str(tmp_path / "mine"))
    models = catalogue(str(tmp_path / "mine"))
    assert models.resolve().capabilities.family == "gemma4"
    later = catalogue()
    later.offer(str(tmp_path / "mine"))
    assert later.resolve(str(tmp_path / "mine")).capabilities.family == "gemma4"


def test_an_adapter_is_a_model_of_its_own_and_the_default(catalogue, hub, tmp_path):
    put_in_cache(hub, "google/gemma-3-1b-it")
    plain = catalogue("gemma-3-1b")
    folder = tmp_path / "tuned"
    write_adapter(folder, weights.load(hub.folder("google/gemma-3-1b-it") / "snapshots" / COMMIT).model)
    models = catalogue("gemma-3-1b", adapters=[folder])
    assert models.default().name == "tuned"
    assert text(reply(models.resolve())) != ""
    assert {one.entry.name for one in models.listings()} == {one.entry.name for one in plain.listings()} | {"tuned"}
    assert not models.listing("gemma-3-1b").loaded


def test_an_adapter_names_its_own_base_and_says_when_that_is_not_here(catalogue, hub, tmp_path):
    folder = tmp_path / "tuned"
    write_adapter(folder, tiny_model("gemma3_text"), base_model_name_or_path="google/gemma-3-1b-it")
    entry = catalogue(adapters=[folder]).listing("tuned").entry
    assert (entry.state, entry.hub_id) == ("absent", "google/gemma-3-1b-it")
    assert "base model google/gemma-3-1b-it is not on this machine" in entry.note
    put_in_cache(hub, "google/gemma-3-1b-it")
    assert catalogue(adapters=[folder]).listing("tuned").entry.state == "here"


def test_an_adapter_for_another_base_fails_the_load_with_the_reason(catalogue, hub, tmp_path):
    put_in_cache(hub, "google/gemma-3-1b-it", hidden_size=64)
    write_adapter(tmp_path / "tuned", tiny_model("gemma3_text"))
    models = catalogue("gemma-3-1b", adapters=[tmp_path / "tuned"])
    with pytest.raises(ModelUnavailable, match="was made for another model"):
        models.load()


def test_a_folder_without_an_adapter_is_refused_at_once(catalogue, tmp_path):
    with pytest.raises(ModelUnavailable, match=r"adapter_config\.json is missing"):
        catalogue(adapters=[tmp_path])


def test_a_setting_that_can_be_no_model_is_refused_at_once(catalogue):
    with pytest.raises(ModelUnavailable, match=r"'gemma3' is neither a folder .* nor a hub id .* gemma-3-1b"):
        catalogue("gemma3")


def test_a_broken_folder_says_what_is_broken(catalogue, tmp_path):
    save("gemma3_text", tmp_path / "mine")
    (tmp_path / "mine" / "tokenizer.json").unlink()
    models = catalogue(str(tmp_path / "mine"))
    assert "tokenizer.json is missing" in models.listing(str(tmp_path / "mine")).entry.note
    with pytest.raises(ModelUnavailable, match=r"tokenizer\.json is missing"):
        models.resolve()


def test_a_model_that_is_not_here_says_how_to_get_it(catalogue):
    with pytest.raises(ModelUnavailable, match=r"gemma-3-4b is not on this machine. Download it .8\.6 GB.") as caught:
        catalogue().resolve("gemma-3-4b")
    assert caught.value.code == "model_not_here"


def test_a_half_downloaded_model_says_how_much_is_here(catalogue, hub):
    blobs = hub.folder("google/gemma-3-1b-it") / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "abc.incomplete").write_bytes(bytes(5_000_000))
    models = catalogue()
    entry = models.listing("gemma-3-1b").entry
    assert (entry.state, entry.bytes_here) == ("partial", 5_000_000)
    with pytest.raises(ModelUnavailable, match=r"5 MB of 2\.0 GB have been downloaded"):
        models.resolve("gemma-3-1b")


# the list


def test_the_list_says_what_each_model_needs_and_whether_it_fits(catalogue, monkeypatch):
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 13 * 10**9)
    listings = {listing.entry.name: listing for listing in catalogue(dtype="bfloat16").listings()}
    assert listings["gemma-3-4b"].fits
    assert listings["gemma-3-4b"].figures == "Needs 9.8 GB of memory; fits, as 13.0 GB are free."
    assert not listings["gemma-3-12b"].fits
    assert "does not fit" in listings["gemma-3-12b"].figures
    assert listings["gemma-3-4b"].needs_token
    assert not listings["gemma-4-e2b"].needs_token
    assert listings["gemma-4-e2b"].entry.licence == "Apache-2.0"
    assert listings["embedded"].entry.state == "here"


def test_other_numbers_weigh_otherwise_from_now_on(catalogue):
    models = catalogue(dtype="bfloat16")
    before = models.listing("gemma-3-1b").entry.need
    models.run_in("float32")
    assert models.listing("gemma-3-1b").entry.need.weights == 2 * before.weights
    assert models.precision.reason == "float32, as asked for"


def test_float32_doubles_what_is_foreseen(catalogue):
    in_bfloat16 = catalogue(dtype="bfloat16").listing("gemma-3-1b").entry.need
    in_float32 = catalogue(dtype="float32").listing("gemma-3-1b").entry.need
    assert in_float32.weights == 2 * in_bfloat16.weights
    assert in_float32.cache == 2 * in_bfloat16.cache


def test_a_token_makes_gated_models_available(hub, catalogue):
    assert catalogue().listing("gemma-3-1b").needs_token
    hub._token = "hf_mine"
    assert not catalogue().listing("gemma-3-1b").needs_token


# loading


def test_the_first_reply_loads_with_progress_and_the_second_does_not(catalogue):
    backend = catalogue().resolve("embedded")
    first, second = reply(backend), reply(backend)
    loading = [event for event in first if isinstance(event, Progress)]
    assert loading
    assert {event.stage for event in loading} == {"loading"}
    assert not [event for event in second if isinstance(event, Progress)]
    assert text(first) == text(second) != ""
    assert isinstance(first[-1], Finished)


def test_what_a_model_can_do_is_known_before_it_is_loaded(catalogue, hub):
    put_in_cache(hub, "google/gemma-3-4b-it", "gemma3", max_position_embeddings=640)
    backend = catalogue().resolve("gemma-3-4b")
    before = backend.capabilities
    assert (before.family, before.context_tokens, before.images, before.details) == ("gemma3", 640, True, None)
    reply(backend)
    assert backend.capabilities.details == {"x": 1}


def test_counting_tokens_loads_too(catalogue):
    models = catalogue()
    assert models.resolve("embedded").count_tokens(TURN).total == 5
    assert models.listing("embedded").loaded


def test_many_first_requests_load_once(catalogue):
    backend = catalogue().resolve("embedded")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: text(reply(backend)), range(8)))
    assert len(set(answers)) == 1
    assert NextToken.made == 1


def test_a_load_can_be_cancelled_by_the_request_that_started_it(catalogue):
    models = catalogue()
    cancel = threading.Event()
    cancel.set()
    with models._models._alone(threading.Event()):  # as while another model is being loaded
        events = reply(models.resolve("embedded"), cancel)
    assert events[-1].reason == "cancelled"
    assert not models.listing("embedded").loaded


def test_a_reply_that_is_given_up_while_loading_holds_nothing(catalogue):
    models = catalogue()
    events = models.resolve("embedded").reply(TURN, threading.Event())
    assert isinstance(next(events), Progress)
    events.close()
    assert models.listing("embedded").users == 0
    models.unload("embedded")
    assert not [thread for thread in threading.enumerate() if thread.name == "load"]


def test_a_model_that_breaks_while_loading_fails_the_reply_in_words(catalogue, small):
    backend = catalogue().resolve("embedded")
    (small.place / "model.safetensors").write_bytes(b"")
    (event,) = reply(backend)
    assert isinstance(event, Failed)
    assert "model.safetensors is damaged" in event.error.message


def test_a_load_reports_its_steps(catalogue):
    steps = []
    catalogue().load("embedded", report=steps.append)
    assert {step.stage for step in steps} == {"reading", "placing"}


# memory


def test_a_model_in_use_is_not_unloaded(catalogue):
    models = catalogue()
    events = models.resolve("embedded").reply(TURN, threading.Event())
    while not isinstance(next(events), TextDelta):
        pass
    assert models.listing("embedded").users == 1
    with pytest.raises(ModelUnavailable, match=r"embedded is answering 1 request.s.. Stop them or wait") as caught:
        models.unload("embedded")
    assert caught.value.code == "model_in_use"
    assert isinstance(list(events)[-1], Finished)
    models.unload("embedded")
    assert not models.listing("embedded").loaded


def test_unloading_what_is_not_loaded_is_no_fault(catalogue):
    catalogue().unload("embedded")
    catalogue().unload("gemma-3-4b")


def test_models_stay_together_where_they_fit(catalogue, hub, monkeypatch):
    folder = put_in_cache(hub, "google/gemma-3-1b-it")
    models = catalogue(dtype="bfloat16")
    set_memory(monkeypatch, models, 2 * need(folder) + 100_000)
    models.load("embedded")
    models.load("gemma-3-1b")
    assert models.listing("embedded").loaded
    assert models.listing("gemma-3-1b").loaded


def test_the_model_unused_for_longest_makes_room(catalogue, hub, monkeypatch):
    folder = put_in_cache(hub, "google/gemma-3-1b-it")
    put_in_cache(hub, "google/gemma-3-270m-it")
    models = catalogue(dtype="bfloat16")
    set_memory(monkeypatch, models, 2 * need(folder) + 100_000)
    models.load("embedded")
    models.load("gemma-3-1b")
    reply(models.resolve("embedded"))
    models.load("gemma-3-270m")
    loaded = {name: models.listing(name).loaded for name in ("embedded", "gemma-3-1b", "gemma-3-270m")}
    assert loaded == {"embedded": True, "gemma-3-1b": False, "gemma-3-270m": True}


def test_a_model_in_use_does_not_make_room_and_is_named(catalogue, hub, monkeypatch):
    folder = put_in_cache(hub, "google/gemma-3-1b-it")
    models = catalogue(dtype="bfloat16")
    set_memory(monkeypatch, models, need(folder) + 100_000)
    events = models.resolve("embedded").reply(TURN, threading.Event())
    next(events)
    with pytest.raises(ModelUnavailable, match=r"gemma-3-1b needs .* In use, and so not unloaded: embedded"):
        models.load("gemma-3-1b")
    events.close()
    models.load("gemma-3-1b")
    assert not models.listing("embedded").loaded


def test_what_idle_models_hold_counts_as_room(catalogue, hub, monkeypatch):
    put_in_cache(hub, "google/gemma-3-1b-it")
    models = catalogue(dtype="bfloat16")
    folder = models.listing("gemma-3-1b").entry.source.place
    models.load("embedded")
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: need(folder) - 10_000)
    assert models.listing("gemma-3-1b").fits
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: need(folder) - 10_000_000)
    assert not models.listing("gemma-3-1b").fits


def test_a_model_too_large_can_be_forced(catalogue, monkeypatch):
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 1000)
    models = catalogue()
    with pytest.raises(ModelUnavailable, match="needs"):
        models.load("embedded")
    models.load("embedded", force=True)
    assert models.listing("embedded").loaded


def resident():
    gc.collect()
    return psutil.Process().memory_info().rss


@pytest.fixture(scope="module", params=[pytest.param("bfloat16", marks=pytest.mark.thorough), "float32"])
def large(request, tmp_path_factory):
    """Weights that take 150 MB in float32, stored as they are computed or converted while loading."""
    folder = tmp_path_factory.mktemp(request.param)
    sizes = {"hidden_size": 512, "intermediate_size": 1024, "vocab_size": 50_000}
    save("gemma3_text", folder, dtype=getattr(torch, request.param), **sizes)
    return folder


def link_in_cache(hub, hub_id, folder):
    shutil.copytree(folder, hub.folder(hub_id) / "snapshots" / COMMIT, copy_function=os.link)
    (hub.folder(hub_id) / "refs").mkdir()
    (hub.folder(hub_id) / "refs" / "main").write_text(COMMIT)


def test_unloading_and_switching_give_the_memory_back(large, catalogue, hub):
    link_in_cache(hub, "google/gemma-3-1b-it", large)
    link_in_cache(hub, "google/gemma-3-270m-it", large)
    models = catalogue(dtype="float32")
    models.load("gemma-3-1b")  # libraries take memory of their own at their first use, and
    models.unload("gemma-3-1b")  # what earlier tests of this process have left is given back by now
    with_one, with_none = [], []
    for _ in range(2):
        for name in ("gemma-3-1b", "gemma-3-270m"):
            models.switch(name)
            reply(models.resolve(name))
            with_one.append(resident())
        (seat,) = models._models.seats()
        size = seat.size
        models.unload("gemma-3-270m")
        with_none.append(resident())
    assert size > 130_000_000
    # The C library keeps some for itself, up to 64 MB for each of its arenas; models that were kept would add up.
    assert with_one[-1] - with_none[-1] > 0.5 * size
    assert max(with_one) - min(with_one) < 0.7 * size, "one model at a time, not two"
    assert with_none[-1] - with_none[0] < 0.5 * size, "nothing is left over"


def test_a_load_that_is_stopped_gives_its_memory_back(large, catalogue, hub):
    link_in_cache(hub, "google/gemma-3-1b-it", large)
    models = catalogue(dtype="float32")
    models.load("gemma-3-1b")  # libraries take memory of their own at their first use
    models.unload("gemma-3-1b")
    before = resident()
    cancel = threading.Event()

    def stop_late(step):
        if step.stage == "placing" and step.done > step.total / 2:
            cancel.set()

    with pytest.raises(Cancelled):
        models.load("gemma-3-1b", report=stop_late, cancel=cancel)
    wait_for_readers()
    assert resident() - before < 60_000_000  # of 150 MB; other tests of this process leave their marks
    assert not models.listing("gemma-3-1b").loaded


def wait_for_readers():
    """transformers' threads finish the tensor they are reading when a load is stopped."""
    end = time.monotonic() + 5
    while time.monotonic() < end and any("ThreadPool" in thread.name for thread in threading.enumerate()):
        time.sleep(0.01)


def test_the_real_backend_lets_go_of_its_model(catalogue, hub, small):
    kept = []

    def make(model, name):
        kept.append(weakref.ref(model.model))
        return LocalBackend(model, name)

    models = Catalogue(make, models=("embedded",), device="cpu", hub=hub, embedded=small)
    turn = Turn((messages.user("hello"),), options=Options(max_tokens=3))
    assert isinstance(list(models.resolve().reply(turn, threading.Event()))[-1], Finished)
    assert kept[0]() is not None
    models.unload("embedded")
    assert kept[0]() is None


# download


@contextmanager
def hub_with_1b(hub, folder):
    """The hub is a server that has Gemma 3 1B, tiny."""
    save("gemma3_text", folder / "remote")
    files = {path.name: path.read_bytes() for path in (folder / "remote").iterdir()}
    with HubServer() as server:
        server.repos["google/gemma-3-1b-it"] = Repo(files)
        hub.endpoint = server.url
        yield


def test_a_model_is_downloaded_loaded_and_answers(hub, catalogue, tmp_path):
    with hub_with_1b(hub, tmp_path):
        models = catalogue()
        assert models.listing("gemma-3-1b").entry.state == "absent"
        seen = []
        listing = models.download("gemma-3-1b", report=seen.append)
    assert listing.entry.state == "here"
    assert seen[-1].done == seen[-1].total
    assert text(reply(models.resolve("gemma-3-1b")))


def test_a_damaged_file_in_the_cache_is_named_and_fetched_again(hub, catalogue, tmp_path):
    with hub_with_1b(hub, tmp_path):
        models = catalogue()
        place = models.download("gemma-3-1b").entry.source.place
        weights_file = (place / "model.safetensors").resolve()
        weights_file.write_bytes(weights_file.read_bytes()[:-100])
        entry = models.listing("gemma-3-1b").entry
        assert entry.state == "partial"
        assert "model.safetensors is damaged" in entry.note
        assert "Go on with the download" in entry.note
        with pytest.raises(ModelUnavailable, match=r"model.safetensors is damaged: it is .* bytes long and should be"):
            models.load("gemma-3-1b")
        assert models.download("gemma-3-1b").entry.state == "here"
    assert text(reply(models.resolve("gemma-3-1b")))


def test_a_gated_download_without_a_token_explains_itself(hub, catalogue):
    with HubServer() as server:
        server.repos["google/gemma-3-1b-it"] = Repo({"config.json": b"{}"}, gated=True)
        hub.endpoint = server.url
        with pytest.raises(ModelUnavailable, match=r"1. Accept .* 2. Create a token .* 3. Set it as HF_TOKEN"):
            catalogue().download("gemma-3-1b")


def test_a_folder_cannot_be_downloaded(catalogue):
    with pytest.raises(ModelUnavailable, match="nothing to download"):
        catalogue().download("embedded")
