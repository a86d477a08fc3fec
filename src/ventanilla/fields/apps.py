"""Django's entry for this folder."""

from django.apps import AppConfig


class FieldsApp(AppConfig):
    name = "ventanilla.fields"
    label = "fields"
    default_auto_field = "django.db.models.BigAutoField"
