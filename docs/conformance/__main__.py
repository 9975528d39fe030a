"""Writes docs/conformance.md: what the official packages get from this server, each line tried when it was written.

Run `python -m docs.conformance`. It starts the app with the embedded model, and with a tiny one that sees and is
otherwise witless (random weights, Gemma 3's architecture), and asks through `openai`, `anthropic`, `gradio_client` and
`mcp`. A test compares the page's lines with the probes here.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from docs.conformance import chat_completions, messages, others, responses
from docs.conformance.probing import PROBES, Server
from tests.backends.tiny import save_tiny

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"
PACKAGES = ("openai", "anthropic", "gradio_client", "mcp", "gradio", "transformers", "torch")
ASKED = (chat_completions, responses, messages, others)
"""The modules whose probes are asked; each registers its own."""


def page(results: list[tuple[str, str, str]]) -> str:
    """The page, from (group, feature, outcome) rows."""
    used = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    rows = "\n".join(f"| {group} | {name} | {outcome} |" for group, name, outcome in results)
    day = datetime.now(timezone.utc).date()
    return (
        "# What the official packages get\n\n"
        "Written by `python -m docs.conformance`, which asks a running server with the embedded model (and, for\n"
        "pictures, a tiny random one that sees) through the official packages, unchanged but for their base URL. No\n"
        "outcome is typed by hand.\n\n"
        f"{day}, {used}.\n\n| API | feature | outcome |\n|---|---|---|\n{rows}\n"
    )


def run(url: str, seeing: str) -> list[tuple[str, str, str]]:
    """Every probe against a running server; an outcome is "works" or the first line of what went wrong."""
    server, results = Server(url, seeing), []
    for group, name, attempt in PROBES:
        try:
            attempt(server)
            outcome = "works"
        except Exception as error:  # whatever went wrong is the outcome
            outcome = f"**fails**: {type(error).__name__} {str(error).splitlines()[0][:160] if str(error) else ''}"
        results.append((group, name, outcome))
    return results


def save_seeing(folder: str) -> None:
    """The tiny model of the tests that takes pictures."""
    save_tiny("gemma3", Path(folder))


def main() -> int:
    """Start the app, run the probes, write the page. 1 when one fails."""
    with tempfile.TemporaryDirectory() as seeing:
        save_seeing(seeing)
        command = [sys.executable, "app.py", "--model", "embedded", "--model", seeing, "--port", "0"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            results = run(process.stdout.readline().split()[-1], seeing)
        finally:
            process.terminate()
            process.wait(30)
    PAGE.write_text(page(results), encoding="utf-8")
    failed = [name for _, name, outcome in results if outcome != "works"]
    sys.stdout.write(f"{len(results) - len(failed)} of {len(results)} work. Failed: {failed or 'none'}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
