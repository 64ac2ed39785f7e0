"""A local server that counts its connections, and a client that keeps one open, as the clients of HTTP libraries do."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def served() -> Iterator[int]:
    """The port of a server that answers each request with the number of its connection."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    connections = 0
    request_queue_size = 64


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1
        self.number = self.server.connections

    def do_GET(self) -> None:
        body = str(self.number).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


class Client:
    """Sends requests over one connection, which belongs to the event loop in which it was opened."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._lock = asyncio.Lock()

    async def get(self, path: str) -> str:
        async with self._lock:
            self._writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await self._writer.drain()
            head = await self._reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
            return (await self._reader.readexactly(size)).decode()


async def open_client(port: int) -> AsyncGenerator[Client]:
    """One client, which is closed with the event loop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


_HERE = threading.local()


async def fetch(port: int, config: Any) -> tuple[str, str]:
    """A request of the client that this thread has for this server: who sent it, over which connection."""
    clients: dict[int, Any] = _HERE.__dict__.setdefault("clients", {})
    if port not in clients:
        opened = open_client(port)
        clients[port] = opened, await anext(opened)
    return f"{os.getpid()} {threading.get_ident()}", await clients[port][1].get(f"/{config}")
