"""Django's entry for this folder."""

from django.apps import AppConfig


class CatalogApp(AppConfig):
    name = "ventanilla.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
