"""Django's entry for this folder."""

from django.apps import AppConfig


class FilesApp(AppConfig):
    name = "ventanilla.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
