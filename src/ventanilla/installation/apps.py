"""Django's entry for this folder."""

from django.apps import AppConfig


class InstallationApp(AppConfig):
    name = "ventanilla.installation"
    label = "installation"
    default_auto_field = "django.db.models.BigAutoField"
