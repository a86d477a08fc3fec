"""Addresses of one's own tokens."""

from django.urls import path

from ventanilla.api import views

urlpatterns = [
    path("", views.tokens, name="tokens"),
    path("<int:pk>/revoke/", views.revoke, name="token-revoke"),
]
