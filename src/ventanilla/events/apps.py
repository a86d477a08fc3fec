"""Django's entry for this folder."""

from django.apps import AppConfig


class EventsApp(AppConfig):
    name = "ventanilla.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
