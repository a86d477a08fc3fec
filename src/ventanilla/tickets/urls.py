"""Addresses of files and message frames, for whoever is signed in."""

from django.urls import path

from ventanilla.tickets import views

urlpatterns = [
    path("files/a/<int:attachment>/", views.attachment, name="attachment"),
    path("messages/<int:message>/body/", views.message_body, name="message-body"),
    path("messages/<int:message>/body/images/", views.message_images, name="message-images"),
    path("uploads/", views.upload_file, name="upload"),
]
