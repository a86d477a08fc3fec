"""Addresses of notifications on one's devices."""

from django.urls import path

from ventanilla.notify import device_views

urlpatterns = [
    path("", device_views.devices, name="push-devices"),
    path("add/", device_views.add, name="push-add"),
    path("forget/", device_views.forget, name="push-forget"),
    path("key/", device_views.key, name="push-key"),
    path("<int:pk>/remove/", device_views.remove, name="push-remove"),
]
