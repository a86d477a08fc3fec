"""Addresses of the settings of tickets."""

from django.urls import path

from ventanilla.tickets import field_views, settings_views

urlpatterns = [
    path("life-cycle/", settings_views.the_life_cycle, name="life-cycle"),
    path("ticket-fields/", field_views.fields, name="ticket-fields"),
    path("ticket-fields/new/", field_views.new, name="ticket-field-new"),
    path("ticket-fields/order/", field_views.order, name="ticket-fields-order"),
    path("ticket-fields/<int:pk>/", field_views.field, name="ticket-field"),
    path("ticket-fields/<int:pk>/delete/", field_views.delete, name="ticket-field-delete"),
    path("people/<int:pk>/tickets/", settings_views.person_tickets, name="person-tickets"),
]
