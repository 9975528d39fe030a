"""Which models other servers run, from the flags or from a file; a file's unknown keys are errors.

The file is JSON: `{"models": [{"name": …, "servers": [{"url": …, "priority": …}, …]}]}`. See docs/scale-out.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from playground.errors import CallerError
from playground.wire.openai_flavours import FlavourName


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must begin with http:// or https:// and name a host, such as http://127.0.0.1:8000/v1")
    if "@" in parts.netloc:
        raise ValueError("a user name or password does not belong in it; give the key as the key")
    return url.rstrip("/")


Url: TypeAlias = Annotated[str, AfterValidator(_checked_url)]


class ServerConfig(BaseModel):
    """One server. Its key never appears in what is shown or logged: neither does the path of its address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Url
    model: str | None = None
    """The model's name there; absent, the model's own name, or the only one that the server lists."""
    key: str | None = Field(None, repr=False)
    key_env: str | None = None
    """The environment variable that holds the key."""
    priority: int = 0
    """Lower is asked first; equals share the load."""
    kind: FlavourName | None = None
    """What server it is, where it does not show by itself."""
    timeout_s: float = Field(120.0, gt=0)
    """Longest silence between two pieces of a reply."""
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        """Host and port: how people are told of the server."""
        return urlsplit(self.url).netloc

    @property
    def secret(self) -> str | None:
        """The key, wherever it stands."""
        return self.key or (os.environ.get(self.key_env) if self.key_env else None)

    @model_validator(mode="after")
    def _key_is_there(self) -> ServerConfig:
        if self.key_env and not os.environ.get(self.key_env):
            raise ValueError(f"the environment variable {self.key_env}, which should hold the key, is not set")
        return self


class ModelConfig(BaseModel):
    """One model and who runs it. What the servers do not say of it can be said here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    about: str = ""
    context_tokens: int | None = Field(None, ge=256)
    images: bool | None = None
    thinking: bool | None = None
    tools: bool | None = None
    servers: tuple[ServerConfig, ...] = Field(min_length=1)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    models: tuple[ModelConfig, ...] = Field(min_length=1)


def from_flags(
    urls: Sequence[str], keys: Sequence[str], models: Sequence[str], headers: Mapping[str, str]
) -> tuple[ModelConfig, ...]:
    """The models of the flags. One key or model stands for all addresses, or there is one for each.

    Several addresses of one model are asked in their order: each takes over when those before it fail.

    Raises: CallerError saying which flag is at fault.
    """
    if not urls:
        if keys or models:
            raise CallerError("A backend key or model is set, but no backend URL. Add --backend-url.")
        return ()
    servers: dict[str, list[ServerConfig]] = {}
    keyed = zip(urls, _spread("key", keys, urls), _spread("model", models, urls), strict=True)
    for number, (url, key, model) in enumerate(keyed):
        try:
            server = ServerConfig(url=url, key=key, model=model, priority=number, headers=headers)
        except ValidationError as error:
            raise CallerError(f"--backend-url: {_first(error)}.") from error
        servers.setdefault(model or server.host, []).append(server)
    return tuple(ModelConfig(name=name, servers=tuple(some)) for name, some in servers.items())


def from_file(path: Path, headers: Mapping[str, str]) -> tuple[ModelConfig, ...]:
    """The models of a file. `headers` go to every server, under those that it has of its own.

    Raises: CallerError naming the place at fault.
    """
    try:
        read = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CallerError(f"The file of backends {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise CallerError(f"The file of backends {path}: {_first(error)}.") from error
    names = [model.name for model in read.models]
    if twice := {name for name in names if names.count(name) > 1}:
        raise CallerError(f"The file of backends {path} has {', '.join(sorted(twice))} twice. Join their servers.")
    return tuple(_with_headers(model, headers) for model in read.models)


def _with_headers(model: ModelConfig, headers: Mapping[str, str]) -> ModelConfig:
    servers = tuple(server.model_copy(update={"headers": {**headers, **server.headers}}) for server in model.servers)
    return model.model_copy(update={"servers": servers})


def _spread(what: str, values: Sequence[str], urls: Sequence[str]) -> Sequence[str | None]:
    if len(values) in {0, 1}:
        return [values[0] if values else None] * len(urls)
    if len(values) != len(urls):
        raise CallerError(
            f"There are {len(urls)} backend URLs and {len(values)} backend {what}s. "
            f"Give one {what} for all of them, or one for each."
        )
    return values


def _first(error: ValidationError) -> str:
    """The first fault, without the value: it may be a key."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    said = str(first["msg"]).removeprefix("Value error, ")
    return f"{place}: {said[:1].lower()}{said[1:]}" if place else said
