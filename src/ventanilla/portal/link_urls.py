"""Addresses behind the signed link of a mail."""

from django.urls import path

from ventanilla.portal import link_views
from ventanilla.portal.link_views import pages

urlpatterns = [
    path("<str:token>/", pages.ticket, name="ticket-link"),
    path("<str:token>/confirm/", pages.confirm, name="ticket-link-confirm"),
    path("<str:token>/data/", pages.data, name="ticket-link-data"),
    path("<str:token>/data/fields/", pages.data_fields, name="ticket-link-data-fields"),
    path("<str:token>/fresh/", link_views.fresh, name="ticket-link-fresh"),
    path("<str:token>/files/<int:pk>/", pages.file, name="ticket-link-file"),
    path("<str:token>/messages/<int:pk>/", pages.body, name="ticket-link-body"),
    path("<str:token>/messages/<int:pk>/images/", pages.images, name="ticket-link-images"),
    path("<str:token>/rating/", pages.rating, name="ticket-link-rating"),
    path("<str:token>/reply/", pages.reply, name="ticket-link-reply"),
    path("<str:token>/uploads/", link_views.upload, name="ticket-link-upload"),
]
