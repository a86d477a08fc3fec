"""Addresses of the portal."""

from django.urls import path

from ventanilla.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("tickets/", views.home, name="tickets"),
]
