"""Django's entry for this folder."""

from django.apps import AppConfig


class SurveysApp(AppConfig):
    name = "ventanilla.surveys"
    label = "surveys"
    default_auto_field = "django.db.models.BigAutoField"
