"""Addresses of the settings of tickets."""

from django.urls import path

from ventanilla.tickets import canned_views, field_views, settings_views, work_views

urlpatterns = [
    path("", settings_views.home, name="settings"),
    path("activities/", work_views.activity_list, name="activities"),
    path("activities/new/", work_views.activity, name="activity-new"),
    path("activities/order/", work_views.order_activities, name="activities-order"),
    path("activities/<int:pk>/", work_views.activity, name="activity"),
    path("canned-replies/", canned_views.replies, name="canned-replies"),
    path("canned-replies/new/", canned_views.reply, name="canned-reply-new"),
    path("canned-replies/<int:pk>/", canned_views.reply, name="canned-reply"),
    path("categories/", settings_views.categories, name="categories"),
    path("categories/new/", settings_views.category, name="category-new"),
    path("categories/<int:pk>/", settings_views.category, name="category"),
    path("checklists/", work_views.checklists, name="checklists"),
    path("checklists/new/", work_views.checklist, name="checklist-new"),
    path("checklists/order/", work_views.order_checklists, name="checklists-order"),
    path("checklists/<int:pk>/", work_views.checklist, name="checklist"),
    path("life-cycle/", settings_views.the_life_cycle, name="life-cycle"),
    path("ticket-fields/", field_views.fields, name="ticket-fields"),
    path("ticket-fields/new/", field_views.new, name="ticket-field-new"),
    path("ticket-fields/order/", field_views.order, name="ticket-fields-order"),
    path("ticket-fields/<int:pk>/", field_views.field, name="ticket-field"),
    path("ticket-fields/<int:pk>/delete/", field_views.delete, name="ticket-field-delete"),
    path("people/<int:pk>/tickets/", settings_views.person_tickets, name="person-tickets"),
]
