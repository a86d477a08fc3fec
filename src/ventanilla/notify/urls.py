"""Addresses of an agent's notifications."""

from django.urls import path

from ventanilla.notify import views

urlpatterns = [
    path("", views.notifications, name="notifications"),
    path("all/read/", views.read_everything, name="notifications-read"),
    path("bell/", views.bell, name="notifications-bell"),
    path("<int:notification>/read/", views.mark, name="notification-read"),
]
