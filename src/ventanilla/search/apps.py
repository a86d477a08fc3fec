"""Django's entry for this folder."""

from django.apps import AppConfig


class SearchApp(AppConfig):
    name = "ventanilla.search"
    label = "search"
    default_auto_field = "django.db.models.BigAutoField"
