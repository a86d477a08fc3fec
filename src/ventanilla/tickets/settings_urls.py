"""Addresses of the settings of tickets."""

from django.urls import path

from ventanilla.tickets import canned_views, settings_views

urlpatterns = [
    path("", settings_views.home, name="settings"),
    path("canned-replies/", canned_views.replies, name="canned-replies"),
    path("canned-replies/new/", canned_views.reply, name="canned-reply-new"),
    path("canned-replies/<int:pk>/", canned_views.reply, name="canned-reply"),
    path("categories/", settings_views.categories, name="categories"),
    path("categories/new/", settings_views.category, name="category-new"),
    path("categories/<int:pk>/", settings_views.category, name="category"),
    path("life-cycle/", settings_views.the_life_cycle, name="life-cycle"),
    path("people/<int:pk>/tickets/", settings_views.person_tickets, name="person-tickets"),
]
