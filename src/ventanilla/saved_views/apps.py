"""Django's entry for this folder."""

from django.apps import AppConfig


class SavedViewsApp(AppConfig):
    name = "ventanilla.saved_views"
    label = "saved_views"
    default_auto_field = "django.db.models.BigAutoField"
