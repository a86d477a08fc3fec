"""Addresses of the settings of tickets."""

from django.urls import path

from ventanilla.tickets import field_views, settings_views, work_views

urlpatterns = [
    path("checklists/new/", work_views.checklist, name="checklist-new"),
    path("checklists/<int:pk>/", work_views.checklist, name="checklist"),
    path("fields/<slug:entity>/", field_views.fields, name="fields"),
    path("fields/<slug:entity>/new/", field_views.new, name="field-new"),
    path("fields/<slug:entity>/order/", field_views.order, name="fields-order"),
    path("fields/<slug:entity>/<int:pk>/", field_views.field, name="field"),
    path("fields/<slug:entity>/<int:pk>/delete/", field_views.delete, name="field-delete"),
    path("life-cycle/", settings_views.the_life_cycle, name="life-cycle"),
    path("people/<int:pk>/tickets/", settings_views.person_tickets, name="person-tickets"),
]
