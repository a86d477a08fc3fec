"""Django's entry for this folder."""

from django.apps import AppConfig


class UiApp(AppConfig):
    name = "ventanilla.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"
