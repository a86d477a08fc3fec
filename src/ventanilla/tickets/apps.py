"""Django's entry for this folder."""

from django.apps import AppConfig


class TicketsApp(AppConfig):
    name = "ventanilla.tickets"
    label = "tickets"
    default_auto_field = "django.db.models.BigAutoField"
