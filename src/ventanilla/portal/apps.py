"""Django's entry for this folder."""

from django.apps import AppConfig


class PortalApp(AppConfig):
    name = "ventanilla.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"
