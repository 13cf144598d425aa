"""The peer of a page: a page of one script and nothing else. Sooner than that a page of its size cannot be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

_PAGE = (
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>bare</title>'
    '<body><p>bare</p><script type="module" src="/s.js"></script>'
)


@contextmanager
def bare_page(size: int) -> Iterator[str]:
    """Serve a page with a script of ``size`` bytes that cannot be packed; it makes the element ``#there``."""
    made = "const p = document.createElement('p'); p.id = 'there'; document.body.append(p)"
    script = f"//{os.urandom(size // 2).hex()}\n{made}"
    files = {"/": ("text/html", _PAGE.encode()), "/s.js": ("text/javascript", script.encode())}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = files.get(self.path, ("text/plain", b""))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the one it replaces
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
