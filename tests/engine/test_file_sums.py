"""A large file is read once, and again as soon as it may have changed."""

import hashlib
import os
import time

import pytest

from playground.engine import file_sums
from playground.engine.file_sums import LARGE_BYTES, file_sum


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(file_sums, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def reads(monkeypatch):
    read = []
    whole = file_sums._read
    monkeypatch.setattr(file_sums, "_read", lambda path, seen: (read.append(path), whole(path, seen))[1])
    return read


def settled(path, content):
    """A file written some time ago."""
    path.write_bytes(content)
    earlier = time.time() - 60
    os.utime(path, (earlier, earlier))
    return path


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_a_large_file_is_read_once_and_its_bytes_are_told_each_time(tmp_path, reads):
    content = os.urandom(LARGE_BYTES + 5)
    path = settled(tmp_path / "large", content)
    for _ in range(2):
        seen = []
        assert file_sum(path, seen.append) == sha256(content)
        assert sum(seen) == len(content)
    assert len(reads) == 1


@pytest.mark.parametrize("change", ["contents", "time", "place", "replaced"])
def test_a_changed_file_is_read_again(change, tmp_path, reads):
    content = bytes(LARGE_BYTES)
    path = settled(tmp_path / "large", content)
    file_sum(path)
    if change == "contents":
        content = b"1" + content[1:]
        path.write_bytes(content)
    elif change == "time":
        os.utime(path, (1, 1))
    elif change == "place":
        path = path.rename(tmp_path / "elsewhere")
    else:  # another file with the same size and time
        before = path.stat()
        content = b"2" * len(content)
        other = tmp_path / "other"
        other.write_bytes(content)
        other.replace(path)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file_sum(path) == sha256(content)
    assert len(reads) == 2


def test_a_file_written_this_moment_is_not_remembered(tmp_path, reads):
    path = tmp_path / "large"
    path.write_bytes(bytes(LARGE_BYTES))
    file_sum(path)
    file_sum(path)
    assert len(reads) == 2


def test_small_files_are_always_read(tmp_path, reads):
    path = settled(tmp_path / "small", b"text")
    file_sum(path)
    file_sum(path)
    assert len(reads) == 2


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"a": 3}', '{"a": [1]}'])
def test_a_damaged_record_only_costs_time(content, tmp_path, reads):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "sums.json").write_text(content)
    path = settled(tmp_path / "large", bytes(LARGE_BYTES))
    for _ in range(2):
        assert file_sum(path) == sha256(bytes(LARGE_BYTES))
    assert len(reads) == 1


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path, reads, caplog):
    (tmp_path / "cache").write_text("a file in its place")
    path = settled(tmp_path / "large", bytes(LARGE_BYTES))
    assert file_sum(path) == sha256(bytes(LARGE_BYTES))
    assert "read again" in caplog.text


def test_whoever_watches_may_stop_it(tmp_path):
    path = settled(tmp_path / "large", bytes(LARGE_BYTES))

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        file_sum(path, stop)
