"""Django's entry for this folder."""

from django.apps import AppConfig


class DemoApp(AppConfig):
    name = "ventanilla.demo"
    label = "demo"
