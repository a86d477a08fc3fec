"""Django's entry for this folder."""

from django.apps import AppConfig


class ApiApp(AppConfig):
    name = "ventanilla.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
