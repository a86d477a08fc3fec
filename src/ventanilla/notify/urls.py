"""Addresses of notifications on one's devices."""

from django.urls import path

from ventanilla.notify import views

urlpatterns = [
    path("", views.devices, name="push-devices"),
    path("add/", views.add, name="push-add"),
    path("forget/", views.forget, name="push-forget"),
    path("key/", views.key, name="push-key"),
    path("<int:pk>/remove/", views.remove, name="push-remove"),
]
