"""Addresses of the settings of macros."""

from django.urls import path

from ventanilla.automation import views

urlpatterns = [
    path("macros/new/", views.macro, name="macro-new"),
    path("macros/<int:pk>/", views.macro, name="macro"),
]
