import socket

import pytest

from tests.tools.internet import Internet


@pytest.fixture
def internet(monkeypatch):
    """An internet that holds only what a test adds to it."""
    fake = Internet()
    monkeypatch.setattr(socket, "getaddrinfo", fake.getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", fake.create_connection)
    return fake
