"""Django's entry for this folder."""

from django.apps import AppConfig


class DeskApp(AppConfig):
    name = "ventanilla.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
