"""Django's entry for this folder."""

from django.apps import AppConfig


class BrandsApp(AppConfig):
    name = "ventanilla.brands"
    label = "brands"
    default_auto_field = "django.db.models.BigAutoField"
