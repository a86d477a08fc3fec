"""Addresses behind the signed link in the mails of an announcement."""

from django.urls import path

from ventanilla.portal import announcement_views

urlpatterns = [
    path("<str:token>/", announcement_views.linked_page, name="announcement-link"),
    path("<str:token>/answer/", announcement_views.linked_answer, name="announcement-link-answer"),
]
