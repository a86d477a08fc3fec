"""Django's entry for this folder."""

from django.apps import AppConfig


class SlaApp(AppConfig):
    name = "ventanilla.sla"
    label = "sla"
    default_auto_field = "django.db.models.BigAutoField"
