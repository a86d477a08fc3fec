"""Addresses of the portal."""

from django.urls import path

from ventanilla.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("new/<slug:key>/", views.new, name="new"),
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/<str:number>/", views.ticket, name="ticket"),
    path("tickets/<str:number>/confirm/", views.confirm, name="confirm"),
    path("tickets/<str:number>/files/<int:pk>/", views.file, name="file"),
    path("tickets/<str:number>/messages/<int:pk>/", views.body, name="body"),
    path("tickets/<str:number>/reply/", views.reply, name="reply"),
    path("uploads/", views.upload, name="upload"),
]
