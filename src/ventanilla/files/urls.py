"""Addresses of files that anybody with the link may open."""

from django.urls import path

from ventanilla.files import views

urlpatterns = [path("files/s/<str:token>", views.signed_file, name="signed-file")]
