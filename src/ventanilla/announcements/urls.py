"""Addresses of announcements at the desk."""

from django.urls import path

from ventanilla.announcements import views

urlpatterns = [
    path("", views.announcements, name="announcements"),
    path("new/", views.new, name="announcement-new"),
    path("<int:pk>/", views.announcement, name="announcement"),
    path("<int:pk>/edit/", views.edit, name="announcement-edit"),
    path("<int:pk>/end/", views.finish, name="announcement-end"),
]
