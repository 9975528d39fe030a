"""Downloads against a hub on this machine that speaks the real one's protocol and breaks in the ways real ones do."""

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest

from playground.backends.downloads import DownloadProgress, download
from playground.backends.hub import Hub
from playground.errors import Cancelled, ModelUnavailable
from tests.backends.hub_server import HubServer, Repo, git_hash, sha256

NAME = "google/gemma-test-it"
WEIGHTS = np.random.default_rng(0).bytes(300_000)
MORE_WEIGHTS = np.random.default_rng(1).bytes(200_000)
FILES = {
    "config.json": b'{"model_type": "gemma3_text"}',
    "tokenizer.json": b"t" * 20_000,
    "model-00001-of-00002.safetensors": WEIGHTS,
    "model-00002-of-00002.safetensors": MORE_WEIGHTS,
    "chat_template.jinja": b"{{ bos_token }}",
    "README.md": b"# Gemma",
    "pytorch_model.bin": b"b" * 50_000,
    "model.gguf": b"g" * 50_000,
    "onnx/model.safetensors": b"o" * 50_000,
    ".gitattributes": b"*.safetensors filter=lfs",
}
WANTED = {name for name in FILES if name.endswith((".safetensors", ".json", ".jinja")) and "/" not in name}
SIZE = sum(len(FILES[name]) for name in WANTED)
FIRST = "model-00001-of-00002.safetensors"


@pytest.fixture
def server():
    with HubServer() as running:
        running.repos[NAME] = Repo(dict(FILES))
        yield running


@pytest.fixture
def hub(server, tmp_path):
    return Hub(endpoint=server.url, cache=tmp_path / "cache", token=None)


@pytest.fixture(autouse=True)
def no_token_of_this_machine(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    yield
    huggingface_hub.close_session()


def fetch(hub, **options):
    return download(hub, NAME, retry_s=0.01, **options)


def in_background(work):
    pool = ThreadPoolExecutor(1)
    job = pool.submit(work)
    pool.shutdown(wait=False)
    return job


def wait_until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def partial_sizes(hub):
    found = {}
    for path in hub.cache.rglob("*.incomplete"):
        with suppress(FileNotFoundError):  # it became whole in between
            found[path.name] = path.stat().st_size
    return found


def test_the_wanted_files_arrive_whole_and_no_others(hub, server):
    folder = fetch(hub)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {name: FILES[name] for name in WANTED}
    asked = {request.path.rsplit("/", 1)[-1] for request in server.requests}
    assert not asked & {"pytorch_model.bin", "model.gguf", "README.md"}


def test_the_cache_is_the_one_that_huggingface_hub_reads(hub):
    folder = fetch(hub)
    found = huggingface_hub.snapshot_download(
        NAME, cache_dir=hub.cache, local_files_only=True, allow_patterns=["*.json", "model-*.safetensors"]
    )
    assert Path(found) == folder
    (repo,) = huggingface_hub.scan_cache_dir(hub.cache).repos
    assert repo.repo_id == NAME
    assert repo.size_on_disk == SIZE
    assert "main" in repo.refs


def test_a_second_download_moves_no_file_again(hub, server):
    first = fetch(hub)
    server.requests.clear()
    seen = []
    assert fetch(hub, report=seen.append) == first
    assert not [request for request in server.requests if request.method == "GET" and "/api/" not in request.path]
    assert seen[-1].done == seen[-1].total == SIZE


def test_progress_grows_to_the_whole_with_speed_and_time_left(hub, server):
    server.faults.seconds_per_block = 0.005
    seen: list[DownloadProgress] = []
    fetch(hub, report=seen.append)
    assert len(seen) >= 2
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert {step.total for step in seen} == {SIZE}
    middle = seen[0]
    assert 0 < middle.done < SIZE
    assert middle.bytes_per_s > 0
    assert middle.remaining_s == pytest.approx((SIZE - middle.done) / middle.bytes_per_s)
    assert seen[-1].done == SIZE
    assert seen[-1].remaining_s == 0


def test_a_dropped_connection_is_taken_up_where_it_broke(hub, server):
    server.repos[NAME].files = {"config.json": FILES["config.json"], FIRST: WEIGHTS}
    server.faults.drop_after = [100_000, 50_000]
    folder = fetch(hub)
    assert (folder / FIRST).read_bytes() == WEIGHTS
    assert [request.range for request in server.contents(FIRST)] == [None, "bytes=100000-", "bytes=150000-"]


def test_a_download_that_broke_off_goes_on_in_the_next_one(hub, server):
    server.repos[NAME].files = {"config.json": FILES["config.json"], FIRST: WEIGHTS}
    server.faults.drop_after = [120_000, *[0] * 5]
    with pytest.raises(ModelUnavailable, match=r"cannot be reached.*what has arrived is kept"):
        fetch(hub)
    assert partial_sizes(hub) == {sha256(WEIGHTS) + ".incomplete": 120_000}
    server.requests.clear()
    seen = []
    folder = fetch(hub, report=seen.append)
    assert (folder / FIRST).read_bytes() == WEIGHTS
    assert [request.range for request in server.contents(FIRST)] == ["bytes=120000-"]
    assert seen[0].done >= 120_000
    assert partial_sizes(hub) == {}


def test_a_server_that_cannot_continue_files_is_asked_for_the_whole(hub, server):
    server.repos[NAME].files = {"config.json": FILES["config.json"], FIRST: WEIGHTS}
    server.faults.drop_after = [100_000]
    server.faults.ignore_ranges = True
    seen = []
    folder = fetch(hub, report=seen.append)
    assert (folder / FIRST).read_bytes() == WEIGHTS
    assert seen[-1].done == seen[-1].total


def test_a_rest_that_is_longer_than_the_file_is_thrown_away(hub, server):
    blobs = hub.folder(NAME) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / (sha256(WEIGHTS) + ".incomplete")).write_bytes(b"x" * (len(WEIGHTS) + 1))
    assert (fetch(hub) / FIRST).read_bytes() == WEIGHTS


def test_a_rest_that_is_damaged_costs_a_fresh_start_and_nothing_else(hub):
    blobs = hub.folder(NAME) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / (sha256(WEIGHTS) + ".incomplete")).write_bytes(b"x" * 100_000)
    seen = []
    assert (fetch(hub, report=seen.append) / FIRST).read_bytes() == WEIGHTS
    assert seen[-1].done == seen[-1].total


def test_a_file_that_arrives_damaged_is_never_used(hub, server):
    server.faults.corrupt = True
    with pytest.raises(ModelUnavailable, match=r"arrived damaged and was removed. Download it again"):
        fetch(hub)
    blobs = {path.name for path in (hub.folder(NAME) / "blobs").iterdir()}
    assert sha256(WEIGHTS) not in blobs
    server.faults.corrupt = False
    assert (fetch(hub) / FIRST).read_bytes() == WEIGHTS


@pytest.mark.parametrize("size", [0, 1000, len(WEIGHTS) - 1, len(WEIGHTS) + 5])
def test_a_file_that_was_cut_short_later_is_fetched_again_and_no_other(size, hub, server):
    folder = fetch(hub)
    blob = (folder / FIRST).resolve()
    blob.write_bytes((WEIGHTS + bytes(5))[:size])
    server.requests.clear()
    fetch(hub)
    assert (folder / FIRST).read_bytes() == WEIGHTS
    assert len(server.contents(FIRST)) == 1
    assert not server.contents("model-00002-of-00002.safetensors")


@pytest.mark.parametrize("name", [FIRST, "tokenizer.json", "config.json"])
def test_a_file_of_the_right_size_that_was_damaged_later_is_found_by_its_hash(name, hub):
    folder = fetch(hub)
    blob = (folder / name).resolve()
    data = bytearray(blob.read_bytes())
    data[7] ^= 1
    blob.write_bytes(data)
    seen = []
    fetch(hub, report=seen.append)
    assert (folder / name).read_bytes() == FILES[name]
    assert seen[-1].done == seen[-1].total == SIZE


@pytest.mark.parametrize("statuses", [[503], [503, 500, 502]])
def test_passing_faults_of_the_storage_are_tried_again(statuses, hub, server):
    server.repos[NAME].files = {FIRST: WEIGHTS}
    server.faults.storage_statuses = list(statuses)
    assert (fetch(hub) / FIRST).read_bytes() == WEIGHTS
    assert len(server.contents(FIRST)) == len(statuses) + 1


def test_lasting_faults_of_the_storage_are_named(hub, server):
    server.repos[NAME].files = {FIRST: WEIGHTS}
    server.faults.storage_statuses = [503] * 5
    with pytest.raises(ModelUnavailable, match="503"):
        fetch(hub)


def test_stopping_takes_effect_while_bytes_flow(hub, server):
    server.faults.seconds_per_block = 0.02
    cancel = threading.Event()
    job = in_background(lambda: fetch(hub, cancel=cancel))
    wait_until(lambda: sum(partial_sizes(hub).values()) > 0)
    start = time.monotonic()
    cancel.set()
    with pytest.raises(Cancelled, match="What has arrived is kept"):
        job.result(5)
    assert time.monotonic() - start < 3.0
    kept = partial_sizes(hub)
    time.sleep(0.1)
    assert partial_sizes(hub) == kept, "nothing is written after the stop"
    server.faults.seconds_per_block = 0
    assert (fetch(hub) / FIRST).read_bytes() == WEIGHTS


def test_stopping_takes_effect_while_the_server_is_silent(hub, server):
    server.faults.stall_after = 40_000
    cancel = threading.Event()
    job = in_background(lambda: fetch(hub, cancel=cancel))
    wait_until(lambda: sum(partial_sizes(hub).values()) >= 40_000)
    start = time.monotonic()
    cancel.set()
    with pytest.raises(Cancelled):
        job.result(5)
    assert time.monotonic() - start < 3.0, "not only when the silence times out"
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("download")])


def test_a_gated_model_without_a_token_says_the_three_steps_and_the_way_round(hub, server):
    server.repos[NAME].gated = True
    with pytest.raises(ModelUnavailable) as caught:
        fetch(hub)
    message = caught.value.message
    assert caught.value.code == "gated_model"
    assert f"1. Accept the licence at https://huggingface.co/{NAME}." in message
    assert "2. Create a token at https://huggingface.co/settings/tokens." in message
    assert "3. Set it as HF_TOKEN (on a Space: a secret of that name) or run `hf auth login`." in message
    assert "gemma-4-e2b" in message


def test_a_gated_model_whose_licence_was_not_accepted_says_so(server, tmp_path):
    server.repos[NAME].gated = True
    server.known_tokens = {"hf_mine"}
    with pytest.raises(ModelUnavailable, match=r"the token in use has no access to it. 1. Accept the licence at"):
        fetch(Hub(endpoint=server.url, cache=tmp_path, token="hf_mine"))


def test_a_gated_model_with_an_accepted_licence_arrives_and_storage_never_sees_the_token(server, tmp_path):
    server.repos[NAME] = Repo(dict(FILES), gated=True, readers={"hf_mine"})
    server.known_tokens = {"hf_mine"}
    folder = fetch(Hub(endpoint=server.url, cache=tmp_path, token="hf_mine"))
    assert (folder / FIRST).read_bytes() == WEIGHTS
    assert {request.token for request in server.requests if request.path.startswith("/storage/")} == {None}
    assert "hf_mine" in {request.token for request in server.requests}


def test_losing_access_half_way_keeps_what_arrived(hub, server):
    server.repos[NAME].files = {FIRST: WEIGHTS}
    server.faults.drop_after = [100_000, *[0] * 5]
    with pytest.raises(ModelUnavailable):
        fetch(hub)
    server.repos[NAME].gated = True
    with pytest.raises(ModelUnavailable, match="gated"):
        fetch(hub)
    assert partial_sizes(hub) == {sha256(WEIGHTS) + ".incomplete": 100_000}


def test_a_token_that_the_hub_does_not_know_is_named_as_the_fault(server, tmp_path):
    with pytest.raises(ModelUnavailable, match=r"does not accept the token in use .Invalid credentials"):
        fetch(Hub(endpoint=server.url, cache=tmp_path, token="hf_old"))


@pytest.mark.parametrize("token", [None, "hf_mine"])
def test_a_model_that_does_not_exist_is_named(token, server, tmp_path):
    server.known_tokens = {"hf_mine"}
    with pytest.raises(ModelUnavailable, match=r"There is no model google/gemma-9 .* Check the spelling"):
        download(Hub(endpoint=server.url, cache=tmp_path, token=token), "google/gemma-9")


@pytest.mark.parametrize(
    ("status", "words"), [(429, "takes no more requests"), (500, "fault of its own .500."), (403, "refuses .* .403")]
)
def test_other_refusals_are_put_in_words(status, words, hub, server):
    server.faults.statuses = [status]
    with pytest.raises(ModelUnavailable, match=words):
        fetch(hub)


@pytest.mark.parametrize("name", ["gemma", "a/b/c", "google/gem ma", "../../etc", "../..", "a--b/c", ""])
def test_what_is_no_hub_id_is_refused_before_anything_is_asked(name, hub, server):
    with pytest.raises(ModelUnavailable, match="is no hub id"):
        download(hub, name)
    assert server.requests == []


def test_no_connection_is_said_with_what_to_do(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ModelUnavailable, match=r"cannot be reached .*Check the connection.*copied by hand"):
        fetch(Hub(endpoint=endpoint, cache=tmp_path))


def test_something_that_is_no_hub_is_noticed(hub, server):
    server.faults.statuses = [200]
    with pytest.raises(ModelUnavailable, match=r"does not answer like a Hugging Face hub .* HF_ENDPOINT"):
        fetch(hub)


def test_a_model_that_the_disk_cannot_hold_is_refused_before_a_byte_is_fetched(hub, server):
    server.repos[NAME].claimed_sizes = {FIRST: 10**16}
    with pytest.raises(ModelUnavailable, match=r"takes 10000000\.0 GB more on the disk.*GB left.*HF_HOME"):
        fetch(hub)
    assert server.contents(FIRST) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_on_the_way_is_said(hub):
    blobs = hub.folder(NAME) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / (sha256(WEIGHTS) + ".incomplete")).symlink_to("/dev/full")
    with pytest.raises(ModelUnavailable, match=r"is full. Make room") as caught:
        fetch(hub)
    assert caught.value.code == "disk_full"


def test_a_cache_that_cannot_be_written_is_named(server, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ModelUnavailable, match=r"cache cannot be written to"):
        fetch(Hub(endpoint=server.url, cache=tmp_path / "cache"))


def test_two_programs_do_not_write_the_same_file(hub, server):
    server.faults.stall_after = 10_000
    cancel = threading.Event()
    job = in_background(lambda: fetch(hub, cancel=cancel))
    wait_until(lambda: server.contents(FIRST))
    with pytest.raises(ModelUnavailable, match="is being downloaded already"):
        fetch(hub)
    cancel.set()
    with pytest.raises(Cancelled):
        job.result(5)


def test_equal_files_are_fetched_once(hub, server):
    server.repos[NAME].files = {"a.json": b"{}", "b.json": b"{}", FIRST: WEIGHTS}
    folder = fetch(hub)
    assert (folder / "a.json").read_bytes() == (folder / "b.json").read_bytes() == b"{}"
    assert len([r for r in server.requests if r.method == "GET" and r.path.endswith(".json")]) == 1


def test_an_empty_file_is_a_file(hub, server):
    server.repos[NAME].files = {"config.json": b"", FIRST: WEIGHTS}
    assert (fetch(hub) / "config.json").read_bytes() == b""
    assert git_hash(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def test_the_environment_names_another_hub(server, tmp_path):
    """As on a machine behind a mirror: HF_ENDPOINT and HF_HOME are all that is set."""
    code = (
        f"from playground.backends.hub import Hub; from playground.backends.downloads import download\n"
        f"print(download(Hub(), {NAME!r}))"
    )
    environment = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    folder = Path(done.stdout.strip())
    assert folder.is_relative_to(tmp_path)
    assert (folder / FIRST).read_bytes() == WEIGHTS
    assert done.stderr == ""
