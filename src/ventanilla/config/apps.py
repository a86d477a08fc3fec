"""The one app that knows all others: it wires them together when everything is loaded."""

from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "ventanilla.config"
    label = "config"

    def ready(self) -> None:
        """Set and freeze the wiring: it needs every model loaded, so it is read now and not with this file."""
        from ventanilla.config.wiring import install  # noqa: PLC0415 - Django loads models after this module

        install()
