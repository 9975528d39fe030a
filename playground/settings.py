"""Everything that can be configured, read once at the start from flags and `PLAYGROUND_…` variables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen. `command_line.py` turns each field into a flag; a flag overrides its variable."""

    model_config = SettingsConfigDict(env_prefix="PLAYGROUND_", frozen=True, extra="forbid", env_ignore_empty=True)

    model: Annotated[tuple[str, ...], NoDecode] = Field(
        ("auto",),
        description="auto, embedded, a short name, a hub id, a folder or a .gguf file; repeat it to offer several",
    )
    adapter: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="folder of a LoRA adapter in PEFT's format, for the model named first or the one it was made for; "
        "repeat it to offer several",
    )
    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 opens the app to the network")
    port: int = Field(7860, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    share: bool = Field(
        False, description="open a public gradio.live link to this machine; makes up an API key if none is given"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="where the model runs")
    dtype: Literal["auto", "bfloat16", "float32"] = Field("auto", description="number format of the weights")
    quantize: Literal["auto", "none", "int8", "int4"] = Field(
        "auto",
        description="round the weights to 8 or 4 bits while loading: less memory and faster, a little less exact; "
        "auto takes 8 bits on a CPU, unless --dtype is given",
    )
    api_key: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="key that programs must send to the HTTP API; repeat it to allow several"
    )
    api_keys_file: str | None = Field(
        None, description="file of hashed API keys with limits, made by `python -m playground.api.key_file`"
    )
    cors_origin: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="origin, such as https://app.example, whose pages may call the HTTP API; repeat it for several"
    )
    responses_db: str | None = Field(
        None, description="SQLite file that keeps stored responses of /v1/responses; in memory when absent"
    )
    responses_days: int = Field(30, ge=1, le=3650, description="days that a stored response is kept after its last use")
    auth: str | None = Field(None, description="USER:PASS that the page asks for")
    searxng_url: str | None = Field(None, description="base URL of a SearXNG server to search with, instead of ddgs")
    tools: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Python file whose functions with @tool may be called, run by this server; repeat it for several",
    )
    allow_private_urls: bool = Field(
        False, description="let tools and image URLs reach addresses on this machine and its networks"
    )
    max_upload_mb: int = Field(20, ge=1, le=1024, description="largest file that can be attached, in megabytes")
    max_queue: int = Field(32, ge=1, le=10_000, description="requests that may wait before new ones are refused")
    cache_mb: int = Field(2048, ge=0, description="memory for past prompts (KV cache reuse), in megabytes")
    cache_disk_mb: int = Field(
        0,
        ge=0,
        description="room on disk for past prompts, which then stay read across restarts, in megabytes",
    )
    speculate: Literal["auto", "on", "off"] = Field(
        "auto", description="guess tokens ahead and verify several at once: where it pays, always, never"
    )
    max_active: int = Field(8, ge=1, le=1024, description="requests that are served at a time; more wait")
    threads: int | None = Field(None, ge=1, description="CPU threads for the model; as many as cores when absent")
    cache_folder: str | None = Field(
        None,
        description="folder for what can be made again: unpacked and rounded weights, kernels, past prompts; "
        "~/.cache/gemma-playground when absent",
    )
    usage_db: str | None = Field(
        None, description="file that keeps figures of each reply (tokens, seconds; never texts); memory when absent"
    )
    evals_db: str | None = Field(
        None, description="file that keeps evals, which then go on after a restart; memory when absent"
    )
    backend_url: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="server with OpenAI's API that runs a model (…/v1); several are asked in turn"
    )
    backend_key: Annotated[tuple[str, ...], NoDecode] = Field(
        (), repr=False, description="its API key; one for all backends, or one for each"
    )
    backend_model: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="the model's name there; one for all backends, or one for each"
    )
    backends: str | None = Field(
        None, description="JSON file of models on other servers, for more than the three flags can say"
    )
    backend_referer: str | None = Field(
        None, description="your site's address, for backends that list who uses them (HTTP Referer)"
    )
    backend_title: str | None = Field(None, description="your app's name, sent with it")
    mcp_server: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="URL of an MCP server whose tools may be called; repeat it for several"
    )
    mcp_config: str | None = Field(None, description="JSON file of MCP servers, programs included")
    replay: str | None = Field(
        None, description="file with a recorded reply: write it again, say whether it is identical, and end"
    )

    @field_validator(
        *(
            "model",
            "adapter",
            "api_key",
            "cors_origin",
            "tools",
            "backend_url",
            "backend_key",
            "backend_model",
            "mcp_server",
        ),
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        """A variable holds several values with commas between; a flag is repeated."""
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
