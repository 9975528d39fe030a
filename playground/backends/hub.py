"""What the Hugging Face hub says of a model: its files, whether it is gated, and its refusals in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx
import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.utils import HFValidationError, validate_repo_id

from playground.errors import ModelUnavailable

WANTED = ("*.safetensors", "*.json", "*.jinja", "tokenizer.model")
"""Files that loading needs; other weights (.bin, .gguf), sub-folders and pictures stay on the hub."""
TOKEN_PAGE = "https://huggingface.co/settings/tokens"
UNGATED = "Gemma 4 (gemma-4-e2b, gemma-4-e4b) needs neither licence click nor token."


@dataclass(frozen=True)
class RemoteFile:
    """A file on the hub. `etag` is its name in the local cache: SHA-256 of large files, git's SHA-1 of small ones."""

    name: str
    size: int
    etag: str


@dataclass(frozen=True)
class RemoteModel:
    """A model's files at one commit, as far as they are wanted."""

    hub_id: str
    commit: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all wanted files."""
        return sum(file.size for file in self.files)


class Hub:
    """One hub (`HF_ENDPOINT` may name a mirror), one token, one cache on this machine."""

    def __init__(self, *, endpoint: str | None = None, token: str | None = None, cache: Path | None = None) -> None:
        self.endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        self.cache = cache or Path(constants.HF_HUB_CACHE)
        self._token = token

    @property
    def token(self) -> str | None:
        """The token given, or the one of `HF_TOKEN` or `hf auth login`, read anew as it may be added at any time."""
        return self._token or huggingface_hub.get_token()

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries. Sizes are of files as they are stored, so nothing is compressed on the way."""
        headers = {"user-agent": "gemma-playground", "accept-encoding": "identity"}
        return headers | ({"authorization": f"Bearer {self.token}"} if self.token else {})

    def folder(self, hub_id: str) -> Path:
        """Where the cache keeps a model's files."""
        return self.cache / ("models--" + hub_id.replace("/", "--"))

    def file_url(self, model: RemoteModel, file: RemoteFile) -> str:
        """Address of a file's content."""
        return f"{self.endpoint}/{model.hub_id}/resolve/{model.commit}/{file.name}"

    def look_up(self, hub_id: str, client: httpx.Client) -> RemoteModel:
        """The model's current commit and files.

        Raises: ModelUnavailable when there is no such model, it is not for us, or the hub cannot be reached.
        """
        if constants.is_offline_mode():
            raise ModelUnavailable(f"{hub_id} is not on this machine and HF_HUB_OFFLINE is set; unset it to download.")
        try:
            response = client.get(f"{self.endpoint}/api/models/{hub_id}/revision/main", params={"blobs": "true"})
        except httpx.HTTPError as error:
            raise self.unreachable(hub_id, error) from error
        self.check(response, hub_id)
        try:
            info = response.json()
            files = [_remote_file(entry) for entry in info["siblings"] if _is_wanted(entry["rfilename"])]
            return RemoteModel(hub_id, str(info["sha"]), tuple(files))
        except (ValueError, KeyError, TypeError) as error:
            raise ModelUnavailable(
                f"{self.endpoint} does not answer like a Hugging Face hub ({error!r}). Check HF_ENDPOINT and the proxy."
            ) from error

    def check(self, response: httpx.Response, hub_id: str) -> None:
        """Nothing for a good answer.

        Raises: ModelUnavailable with what the hub's refusal means and what to do about it.
        """
        if response.is_error:
            raise self._refusal(response.status_code, response.headers, hub_id)

    def unreachable(self, hub_id: str, error: Exception) -> ModelUnavailable:
        """The error for a hub that does not answer."""
        return ModelUnavailable(
            f"{self.endpoint} cannot be reached to download {hub_id} ({error or type(error).__name__}). "
            "Check the connection and try again; what has arrived is kept. "
            "A model folder that was copied by hand works too: give its path."
        )

    def _refusal(self, status: int, headers: Mapping[str, str], hub_id: str) -> ModelUnavailable:
        code, said = headers.get("x-error-code", ""), headers.get("x-error-message", "")
        if code == "GatedRepo":
            return ModelUnavailable(self._gated(hub_id), code="gated_model")
        if status == 401 and self.token and code != "RepoNotFound":
            return ModelUnavailable(
                f"The hub does not accept the token in use ({said or 'invalid'}). "
                f"Create a new one at {TOKEN_PAGE} and set it as HF_TOKEN, or remove it for models without a gate."
            )
        if status in {401, 404}:
            return ModelUnavailable(
                f"There is no model {hub_id} on {self.endpoint}, or it is private. "
                "Check the spelling; a private one needs a token of its owner in HF_TOKEN."
            )
        if status == 429:
            return ModelUnavailable(
                "The hub takes no more requests from here for now (429). Try again in some minutes."
            )
        if status >= 500:
            return ModelUnavailable(f"The hub has a fault of its own ({status}). Try again later.")
        return ModelUnavailable(f"The hub refuses {hub_id} ({status}: {said or 'no reason given'}).")

    def _gated(self, hub_id: str) -> str:
        page = f"https://huggingface.co/{hub_id}"
        if self.token:
            return (
                f"{hub_id} is gated and the token in use has no access to it. 1. Accept the licence at {page} with the "
                f"token's account. 2. At {TOKEN_PAGE}, let the token read gated repositories. 3. Try again. {UNGATED}"
            )
        return (
            f"{hub_id} is gated. 1. Accept the licence at {page}. 2. Create a token at {TOKEN_PAGE}. "
            f"3. Set it as HF_TOKEN (on a Space: a secret of that name) or run `hf auth login`. {UNGATED}"
        )


def is_hub_id(name: str) -> bool:
    """Whether a name could be a model's on the hub: its owner, a slash, and no tricks with dots."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return name.count("/") == 1


def _is_wanted(name: str) -> bool:
    return "/" not in name and any(fnmatch(name, pattern) for pattern in WANTED)


def _remote_file(entry: Mapping[str, Any]) -> RemoteFile:
    large = entry.get("lfs")
    return RemoteFile(entry["rfilename"], int(entry["size"]), large["sha256"] if large else entry["blobId"])
