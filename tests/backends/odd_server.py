"""A server that speaks OpenAI's protocol as others do, oddities included: it plays prepared chunks and failures."""

import asyncio
import json
import socket
import threading
import time
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse


class OddServer:
    """`chunks` are played for each request, `status` refuses it; `bodies` and `headers` are what came in."""

    def __init__(self):
        self.models = [{"id": "gemma", "owned_by": "somebody"}]
        self.chunks = []
        self.status = 200
        self.error = {"error": {"message": "no"}}
        self.pause_s = 0.0
        self.bodies, self.headers = [], []
        self.gone = threading.Event()
        self.app = FastAPI()
        self.app.get("/v1/models")(self._models)
        self.app.post("/v1/chat/completions")(self._chat)
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"

    def says(self, *deltas, finish="stop", usage=None, **choice):
        self.chunks = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
        self.chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish, **choice}]})
        if usage:
            self.chunks.append({"choices": [], "usage": usage})
        return self

    async def _models(self):
        return {"object": "list", "data": self.models}

    async def _chat(self, request: Request):
        self.bodies.append(await request.json())
        self.headers.append(dict(request.headers))
        if self.status != 200:
            return JSONResponse(self.error, self.status)
        return StreamingResponse(self._play(), media_type="text/event-stream")

    async def _play(self):
        try:
            for chunk in self.chunks:
                yield f"data: {json.dumps({'id': 'x', 'object': 'chat.completion.chunk'} | chunk)}\n\n"
                await asyncio.sleep(self.pause_s)
            yield "data: [DONE]\n\n"
        except asyncio.CancelledError:
            self.gone.set()
            raise


@contextmanager
def odd_server():
    odd = OddServer()
    server = uvicorn.Server(uvicorn.Config(odd.app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [odd.socket]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield odd
    server.should_exit = True
    thread.join()
