"""Addresses of the studio."""

from django.urls import path, register_converter

from ventanilla.studio import (
    agreements,
    brand_parts,
    brands,
    bundle,
    calendars,
    home,
    matrix,
    modules,
    roles,
    rows,
    vocabulary,
)
from ventanilla.studio.addresses import SectionInPath

register_converter(SectionInPath, "section")

urlpatterns = [
    path("", home.home, name="settings"),
    path("about/<slug:key>/", home.subject, name="settings-subject"),
    path("agreements/build/", agreements.build, name="agreement-build"),
    path("agreements/new/", agreements.agreement, name="agreement-new"),
    path("agreements/<int:pk>/", agreements.agreement, name="agreement"),
    path("brands/new/", brands.new, name="brand-new"),
    path("brands/preview/end/", brands.end_looking, name="brand-preview-end"),
    path("brands/<int:pk>/", brands.brand, name="brand"),
    path("brands/<int:pk>/as-visitor/", brands.as_visitor, name="brand-as-visitor"),
    path("brands/<int:pk>/discard/", brands.discard, name="brand-discard"),
    path("brands/<int:pk>/look-at/", brands.look, name="brand-look"),
    path("brands/<int:pk>/publish/", brands.publish, name="brand-publish"),
    path("brands/<int:pk>/pages/new/", brand_parts.page, name="brand-page-new"),
    path("brands/<int:pk>/pages/<slug:slug>/", brand_parts.page, name="brand-page"),
    path("brands/<int:pk>/pages/<slug:slug>/delete/", brand_parts.remove_page, name="brand-page-delete"),
    path("brands/<int:pk>/part/<slug:key>/", brand_parts.part, name="brand-part"),
    path("bundle/", bundle.page, name="bundle"),
    path("bundle/file/", bundle.download, name="bundle-file"),
    path("calendars/new/", calendars.calendar, name="calendar-new"),
    path("calendars/preview/", calendars.preview, name="calendar-preview"),
    path("calendars/<int:pk>/", calendars.calendar, name="calendar"),
    path("calendars/<int:pk>/holidays/", calendars.holidays, name="calendar-holidays"),
    path("modules/", modules.page, name="modules"),
    path("modules/questions/", modules.questions, name="modules-questions"),
    path("modules/for/<slug:kind>/<int:pk>/", modules.hidden, name="modules-hidden"),
    path("roles/matrix/", roles.matrix, name="role-matrix"),
    path("matrix/", matrix.matrix, name="priority-matrix"),
    path("undo/<int:pk>/", rows.undo, name="studio-undo"),
    path("vocabulary/", vocabulary.page, name="vocabulary"),
    path("<section:section>/", rows.rows, name="studio-rows"),
    path("<section:section>/new/", rows.row, name="studio-new"),
    path("<section:section>/order/", rows.order, name="studio-order"),
    path("<section:section>/<int:pk>/", rows.row, name="studio-row"),
    path("<section:section>/<int:pk>/delete/", rows.delete, name="studio-delete"),
]
