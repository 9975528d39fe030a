"""Peers in processes of their own: what they answer, and what is said of those that are not there."""

import pytest

from bench import model_files
from bench.__main__ import main
from bench.remote import Failure, Remote
from bench.shapes import SHAPES
from bench.writing import Job, Missing, Spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models")
    model_files.checkpoint(path, "tiny", SHAPES["tiny"])
    return path


@pytest.mark.thorough
def test_our_engine_writes_as_many_tokens_as_asked_for_and_says_what_it_reads(folder):
    with Remote("ours", Spec(folder / "tiny", "bf16", 1)) as remote:
        written = remote.write(Job([[20, 21, 22], [30, 31]], 5))
        assert [len(times) for times in written.times] == [5, 5]
        assert written.times[0] == sorted(written.times[0])
        parameters = sum(weight.numel() for weight in model_files.random_model(SHAPES["tiny"]).parameters())
        assert remote.loaded.weight_bytes == 2 * parameters
        assert remote.peak_bytes() > 10_000_000
        with pytest.raises(Failure, match="knows no colour"):
            remote.write(Job([[20]], 1, extra={"colour": "red"}))
        assert len(remote.write(Job([[20]], 3)).times[0]) == 3  # it lives on


def test_a_peer_that_cannot_run_says_why(folder):
    with pytest.raises(Missing, match="no int4 for a CPU"):
        Remote("generate", Spec(folder / "tiny", "int4", 1))
    with pytest.raises(Missing, match=r"no GGUF file|No module named"):
        Remote("llama.cpp", Spec(folder / "tiny", "bf16", 1))


def test_the_command_names_the_tasks_there_are(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "decode,cooking"])
    assert "no task 'cooking'" in capsys.readouterr().err


@pytest.mark.thorough
def test_the_machine_says_how_fast_it_reads_and_multiplies(tmp_path):
    with Remote("machine", Spec(tmp_path, "bf16", 1)) as machine:
        assert machine.write(Job([], 0)).notes["rate"] > 1e8
        assert machine.write(Job([], 0, extra={"what": "multiply"})).notes["rate"] > 1e8
