"""A Hugging Face hub on this machine: the parts of its protocol that downloading needs, and its ways to fail.

Small files are answered directly; large ones redirect to another origin (as to the hub's storage network), which
must never see a token. Source: huggingface_hub 2.4 as a client, and https://huggingface.co/docs/hub/api (2026-11).
"""

import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LARGE = 5_000
BLOCK = 4096


@dataclass
class Repo:
    files: dict[str, bytes]
    gated: bool = False
    readers: set[str] = field(default_factory=set)
    """Tokens whose owners accepted the licence."""
    claimed_sizes: dict[str, int] = field(default_factory=dict)
    commit: str = "c" * 40


@dataclass
class Faults:
    """What goes wrong with large files; each `drop_after` is used up by one request."""

    drop_after: list[int] = field(default_factory=list)
    stall_after: int | None = None
    ignore_ranges: bool = False
    corrupt: bool = False
    seconds_per_block: float = 0.0
    statuses: list[int] = field(default_factory=list)
    """Answered to the next requests of any kind, first one first."""
    storage_statuses: list[int] = field(default_factory=list)
    """Answered to the next requests for large files."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    range: str | None
    token: str | None


class HubServer:
    """Start it with `with`; `url` is the endpoint. `requests` are those received, in order."""

    def __init__(self):
        self.repos: dict[str, Repo] = {}
        self.faults = Faults()
        self.requests: list[Request] = []
        self.known_tokens: set[str] = set()
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.storage_url = f"http://localhost:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def contents(self, name):
        """Requests for the bytes of a large file."""
        return [
            r for r in self.requests if r.method == "GET" and r.path.startswith("/storage/") and r.path.endswith(name)
        ]


def git_hash(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        authorization = self.headers.get("Authorization")
        token = authorization.removeprefix("Bearer ") if authorization else None
        self.hub.requests.append(Request(self.command, path, self.headers.get("Range"), token))
        if self.hub.faults.statuses:
            return self.answer(self.hub.faults.statuses.pop(0))
        if path.startswith("/storage/"):
            return self.storage(*re.fullmatch(r"/storage/([^/]+/[^/]+)/(.+)", path).groups(), token)
        if token is not None and token not in self.hub.known_tokens:
            return self.answer(401, {"X-Error-Message": "Invalid credentials in Authorization header"})
        for pattern, respond in (
            (r"/api/models/([^/]+/[^/]+)/revision/(.+)", self.info),
            (r"/api/models/([^/]+/[^/]+)/tree/(.+)", self.tree),
            (r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", self.resolve),
        ):
            if found := re.fullmatch(pattern, path):
                repo = self.hub.repos.get(found[1])
                if repo is None:
                    return self.answer(404 if token else 401, {"X-Error-Code": "RepoNotFound"})
                return respond(found[1], repo, *found.groups()[2:], token)
        return self.answer(404)

    def info(self, name, repo, _token):
        siblings = []
        for file, data in repo.files.items():
            entry = {"rfilename": file, "size": repo.claimed_sizes.get(file, len(data)), "blobId": git_hash(data)}
            if len(data) > LARGE:
                entry["lfs"] = {"sha256": sha256(data), "size": entry["size"], "pointerSize": 130}
            siblings.append(entry)
        self.json({"id": name, "sha": repo.commit, "gated": "manual" if repo.gated else False, "siblings": siblings})

    def tree(self, _name, repo, _token):
        entries = []
        for file, data in repo.files.items():
            entry = {"type": "file", "path": file, "size": len(data), "oid": git_hash(data)}
            if len(data) > LARGE:
                entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 130}
            entries.append(entry)
        self.json(entries)

    def resolve(self, name, repo, file, token):
        if repo.gated and token not in repo.readers:
            return self.answer(403 if token else 401, {"X-Error-Code": "GatedRepo"})
        if file not in repo.files:
            return self.answer(404, {"X-Error-Code": "EntryNotFound"})
        data = repo.files[file]
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{git_hash(data)}"'}
        if len(data) <= LARGE:
            return self.answer(200, headers, data)
        headers |= {"X-Linked-Etag": f'"{sha256(data)}"', "X-Linked-Size": str(len(data))}
        return self.answer(302, headers | {"Location": f"{self.hub.storage_url}/storage/{name}/{file}"})

    def storage(self, name, file, token):
        if token is not None:
            return self.answer(400, {"X-Error-Message": "the storage network was shown a token"})
        data = self.hub.repos[name].files[file]
        faults = self.hub.faults
        if faults.storage_statuses:
            return self.answer(faults.storage_statuses.pop(0))
        asked = self.headers.get("Range")
        start = 0 if asked is None or faults.ignore_ranges else int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
        if start >= len(data):
            return self.answer(416, {"Content-Range": f"bytes */{len(data)}"})
        headers = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"} if start else {}
        body = bytes(len(data)) if faults.corrupt else data
        return self.body(206 if start else 200, headers, body[start:])

    def body(self, status, headers, data):
        """Send a large file with whatever goes wrong on the way."""
        faults = self.hub.faults
        limit = faults.drop_after.pop(0) if faults.drop_after else None
        self.start(status, headers, len(data))
        for offset in range(0, len(data), BLOCK):
            block = data[offset : offset + BLOCK]
            if limit is not None and offset + len(block) > limit:
                self.wfile.write(block[: limit - offset])
                self.close_connection = True
                return
            if faults.stall_after is not None and offset >= faults.stall_after:
                self.wfile.flush()
                self.hub.released.wait()
                return
            time.sleep(faults.seconds_per_block)
            try:
                self.wfile.write(block)
            except OSError:  # the client left
                self.close_connection = True
                return

    def answer(self, status, headers=None, data=b""):
        self.start(status, headers or {}, len(data))
        if self.command == "GET":
            self.wfile.write(data)

    def json(self, value):
        self.answer(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def start(self, status, headers, length):
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(length)}.items():
            self.send_header(key, value)
        self.end_headers()
