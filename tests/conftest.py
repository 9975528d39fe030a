"""For every test: no network beyond this machine, and the same random numbers each time."""

import ipaddress
import os
import random
import shutil
import socket
import sys
import tempfile

import pytest
from hypothesis import settings

# A busy machine is no bug: no example of a property test has a time limit of its own.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Two workers with two threads each on two CPUs wait for each other: short tests took seventy times as long.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# Kernels for GPUs run on the CPU, by Triton's interpreter. It has to know before anything imports it.
os.environ.setdefault("TRITON_INTERPRET", "1")

CACHE = "PLAYGROUND_CACHE_FOLDER"


def pytest_addoption(parser):
    parser.addoption("--thorough", action="store_true", help="run what is marked as thorough, too")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--thorough"):
        return
    long = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    config.hook.pytest_deselected(items=long)


def pytest_configure(config):
    """One cache folder for all processes of a run: the embedded model is unpacked and kernels are built once."""
    if CACHE not in os.environ:
        os.environ[CACHE] = tempfile.mkdtemp(prefix="gemma-playground-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ[CACHE], ignore_errors=True))


@pytest.fixture(scope="session")
def embedded():
    """The embedded model behind the local backend."""
    from tests.embedded import embedded_backend

    backend = embedded_backend()
    yield backend
    backend.close()


CONNECT = socket.socket.connect
CONNECT_EX = socket.socket.connect_ex


def _check(address: object) -> None:
    host = address[0] if isinstance(address, tuple) else None
    if host is None or host == "localhost":
        return
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise AssertionError(f"A test tried to reach {host}; tests stay on this machine.")


def _connect(self, address):
    _check(address)
    return CONNECT(self, address)


def _connect_ex(self, address):
    _check(address)
    return CONNECT_EX(self, address)


@pytest.fixture(scope="session", autouse=True)
def no_network():
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _connect)
    patch.setattr(socket.socket, "connect_ex", _connect_ex)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def same_random_numbers():
    random.seed(0)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(0)
    if (torch := sys.modules.get("torch")) is not None:
        torch.manual_seed(0)
