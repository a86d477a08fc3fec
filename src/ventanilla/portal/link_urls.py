"""Addresses behind the signed link of a mail."""

from django.urls import path

from ventanilla.portal import link_views

urlpatterns = [
    path("<str:token>/", link_views.ticket, name="ticket-link"),
    path("<str:token>/confirm/", link_views.confirm, name="ticket-link-confirm"),
    path("<str:token>/files/<int:pk>/", link_views.file, name="ticket-link-file"),
    path("<str:token>/messages/<int:pk>/", link_views.body, name="ticket-link-body"),
    path("<str:token>/reply/", link_views.reply, name="ticket-link-reply"),
    path("<str:token>/uploads/", link_views.upload, name="ticket-link-upload"),
]
