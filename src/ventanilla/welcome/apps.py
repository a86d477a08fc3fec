"""Django's entry for this folder."""

from django.apps import AppConfig


class WelcomeApp(AppConfig):
    name = "ventanilla.welcome"
    label = "welcome"
    default_auto_field = "django.db.models.BigAutoField"
