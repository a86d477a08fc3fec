"""Django's entry for this folder."""

from django.apps import AppConfig


class AnnouncementsApp(AppConfig):
    name = "ventanilla.announcements"
    label = "announcements"
    default_auto_field = "django.db.models.BigAutoField"
