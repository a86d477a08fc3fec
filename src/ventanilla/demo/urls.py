"""The address where a demo or trial ends."""

from django.urls import path

from ventanilla.demo import views

urlpatterns = [path("", views.real, name="start-for-real")]
