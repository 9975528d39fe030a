"""The measurement of Gemma 4's shape runs, on a tiny one."""

import pytest

from bench import gemma4


@pytest.mark.parametrize("bits", ["none", "int4"])
def test_it_prints_a_line_for_each_rate(bits, monkeypatch, capsys):
    monkeypatch.setattr(gemma4, "ROUNDS", 1)
    gemma4.main(["--shape", "tiny", "--bits", bits])
    head, *lines = capsys.readouterr().out.splitlines()
    assert bits in head
    assert [line.split(" | ")[0] for line in lines] == list(gemma4.RATES)
    assert all(float(line.split(" | ")[1].split()[0]) > 0 for line in lines)
