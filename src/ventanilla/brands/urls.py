"""Addresses of what browsers fetch of brands."""

from django.urls import path

from ventanilla.brands import views

urlpatterns = [
    path("theme/<slug:version>.css", views.theme, name="brand-theme"),
    path("brand/<slug:sha256>.png", views.logo, name="brand-logo"),
]
