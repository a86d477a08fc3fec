"""Django's entry for this folder."""

from django.apps import AppConfig


class NotifyApp(AppConfig):
    name = "ventanilla.notify"
    label = "notify"
    default_auto_field = "django.db.models.BigAutoField"
