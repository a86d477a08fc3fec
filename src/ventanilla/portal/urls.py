"""Addresses of the portal."""

from django.urls import path

from ventanilla.portal import announcement_views, views
from ventanilla.portal.views import pages

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("announcements/<int:pk>/", announcement_views.page, name="announcement"),
    path("announcements/<int:pk>/answer/", announcement_views.answer, name="announcement-answer"),
    path("announcements/<int:pk>/join/", announcement_views.join, name="announcement-join"),
    path("new/<slug:key>/", views.new, name="new"),
    path("new/<slug:key>/fields/", views.new_fields, name="new-fields"),
    path("pages/<slug:slug>/", views.page, name="page"),
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/<str:number>/", pages.ticket, name="ticket"),
    path("tickets/<str:number>/confirm/", pages.confirm, name="confirm"),
    path("tickets/<str:number>/data/", pages.data, name="data"),
    path("tickets/<str:number>/data/fields/", pages.data_fields, name="data-fields"),
    path("tickets/<str:number>/files/<int:pk>/", pages.file, name="file"),
    path("tickets/<str:number>/messages/<int:pk>/", pages.body, name="body"),
    path("tickets/<str:number>/messages/<int:pk>/images/", pages.images, name="images"),
    path("tickets/<str:number>/rating/", pages.rating, name="rating"),
    path("tickets/<str:number>/reply/", pages.reply, name="reply"),
    path("uploads/", views.upload, name="upload"),
]
