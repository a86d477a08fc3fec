"""Django's entry for this folder."""

from django.apps import AppConfig


class PeopleApp(AppConfig):
    name = "ventanilla.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
