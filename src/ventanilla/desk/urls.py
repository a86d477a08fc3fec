"""Addresses of the desk."""

from django.urls import path

from ventanilla.desk import directory, inbox, many, new, searching, ticket, writing

urlpatterns = [
    path("", inbox.inbox, name="desk"),
    path("agents/", directory.agents, name="desk-agents"),
    path("columns/", inbox.columns, name="desk-columns"),
    path("drafts/<int:draft>/undo/", writing.undo, name="desk-undo"),
    path("filters/", inbox.filters, name="desk-filters"),
    path("fresh/", inbox.fresh, name="desk-fresh"),
    path("many/", many.set_many, name="desk-many"),
    path("many/undo/", many.undo_many, name="desk-many-undo"),
    path("messages/<int:message>/", ticket.message, name="desk-message"),
    path("messages/<int:message>/empty/", ticket.empty_message, name="desk-redact"),
    path("new/", new.new, name="desk-new"),
    path("organizations/", directory.organizations, name="desk-organizations"),
    path("palette/", searching.palette, name="desk-palette"),
    path("people/", directory.people, name="desk-people"),
    path("rows/<str:number>/", inbox.row, name="desk-row"),
    path("search/", searching.search, name="desk-search"),
    path("side/", inbox.side, name="desk-side"),
    path("tags/", directory.tags, name="desk-tags"),
    path("tickets/<str:number>/", ticket.ticket, name="desk-ticket"),
    path("tickets/<str:number>/canned/", directory.canned, name="desk-canned"),
    path("tickets/<str:number>/changes/<int:event>/undo/", ticket.undo, name="desk-undo-change"),
    path("tickets/<str:number>/draft/", writing.save, name="desk-draft"),
    path("tickets/<str:number>/files/", writing.attach_file, name="desk-files"),
    path("tickets/<str:number>/follow/", ticket.follow, name="desk-follow"),
    path("tickets/<str:number>/forget/", inbox.forget, name="desk-forget"),
    path("tickets/<str:number>/history/", ticket.past, name="desk-history"),
    path("tickets/<str:number>/mentions/", directory.mentions, name="desk-mentions"),
    path("tickets/<str:number>/panel/", ticket.panel, name="desk-panel"),
    path("tickets/<str:number>/presence/", writing.presence, name="desk-presence"),
    path("tickets/<str:number>/reopen/", ticket.reopen, name="desk-reopen"),
    path("tickets/<str:number>/resolve/", ticket.resolve, name="desk-resolve"),
    path("tickets/<str:number>/set/", ticket.set_field, name="desk-set"),
    path("tickets/<str:number>/take/", ticket.take, name="desk-take"),
    path("tickets/<str:number>/talk/", ticket.talk, name="desk-talk"),
    path("tickets/<str:number>/typing/", writing.typing, name="desk-typing"),
    path("tickets/<str:number>/write/", writing.write, name="desk-write"),
]
