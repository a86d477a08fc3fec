"""One port, two ways in: `/live/` is Django's ASGI (long open streams), everything else its WSGI on a few threads.

Measured (docs/performance.md): pages through Django's own ASGI handler cost a thread and a database connection per
request; long-lived threads keep both.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from a2wsgi import WSGIMiddleware
from asgiref.sync import ThreadSensitiveContext
from django.core.asgi import get_asgi_application

from ventanilla.config.wsgi import application as wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ventanilla.config.settings")

THREADS = int(os.environ.get("VENTANILLA_PAGE_THREADS", "3"))

_live = get_asgi_application()
# Django gives each open request a thread and a connection to the database of its own; streams stay open for hours.
_live_thread = ThreadPoolExecutor(1, thread_name_prefix="live")
_pages = WSGIMiddleware(wsgi_application, workers=THREADS)  # type: ignore[arg-type]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Send one connection where it belongs."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/live/"):
        if _brings_something(scope):
            await _refuse(send)
        else:
            async with ThreadSensitiveContext(executor=_live_thread):
                await _live(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(scope, receive, send)


def _brings_something(scope: Any) -> bool:
    """Whether a request to the stream has a body: Django would store all of it before asking who sends it."""
    headers = {name.lower() for name, value in scope["headers"] if value.strip() != b"0"}
    return scope["method"] not in ("GET", "HEAD") or not headers.isdisjoint({b"content-length", b"transfer-encoding"})


async def _refuse(send: Any) -> None:
    headers = [(b"allow", b"GET, HEAD"), (b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 405, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
