"""Django's entry for this folder."""

from django.apps import AppConfig


class BenchApp(AppConfig):
    name = "ventanilla.bench"
    label = "bench"
