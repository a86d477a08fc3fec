"""Django's entry for this folder."""

from django.apps import AppConfig


class StudioApp(AppConfig):
    name = "ventanilla.studio"
    label = "studio"
    default_auto_field = "django.db.models.BigAutoField"
