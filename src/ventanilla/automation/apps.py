"""Django's entry for this folder."""

from django.apps import AppConfig


class AutomationApp(AppConfig):
    name = "ventanilla.automation"
    label = "automation"
    default_auto_field = "django.db.models.BigAutoField"
