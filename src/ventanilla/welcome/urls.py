"""Addresses of the first run. All are 404 once it is over."""

from django.urls import path

from ventanilla.welcome import views

urlpatterns = [
    path("", views.code, name="welcome"),
    path("language/", views.language, name="welcome-language"),
    path("organization/", views.organization, name="welcome-organization"),
    path("administrator/", views.administrator, name="welcome-administrator"),
    path("mailbox/", views.mailbox, name="welcome-mailbox"),
    path("colleagues/", views.colleagues, name="welcome-colleagues"),
    path("first-ticket/", views.first_ticket, name="welcome-first-ticket"),
]
