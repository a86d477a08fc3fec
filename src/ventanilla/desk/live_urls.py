"""The address of the event stream; served by ASGI (see `config/asgi.py`)."""

from django.urls import path

from ventanilla.desk.live import stream

urlpatterns = [path("", stream, name="live")]
