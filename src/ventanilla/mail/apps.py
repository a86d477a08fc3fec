"""Django's entry for this folder."""

from django.apps import AppConfig


class MailApp(AppConfig):
    name = "ventanilla.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"
