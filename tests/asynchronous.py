"""Run a coroutine from a test, whatever loop the thread has: browser tests leave one running."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def run(coroutine):
    """Its result, from a loop in a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
