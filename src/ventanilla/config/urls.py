"""Root addresses."""

from django.urls import URLPattern, URLResolver, include, path

from ventanilla.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("desk/", include("ventanilla.desk.urls")),
    path("live/", include("ventanilla.desk.live_urls")),
    path("mail/", include("ventanilla.mail.urls")),
    path("notifications/", include("ventanilla.notify.urls")),
    path("portal/", include("ventanilla.portal.urls")),
    path("profile/devices/", include("ventanilla.notify.device_urls")),
    path("profile/tokens/", include("ventanilla.api.urls")),
    path("start-for-real/", include("ventanilla.demo.urls")),
    path("settings/audit/", include("ventanilla.desk.audit_urls")),
    path("settings/", include("ventanilla.automation.urls")),
    path("settings/", include("ventanilla.tickets.settings_urls")),
    path("welcome/", include("ventanilla.welcome.urls")),
    path("desk/announcements/", include("ventanilla.announcements.urls")),
    path("n/", include("ventanilla.portal.announcement_link_urls")),
    path("t/", include("ventanilla.portal.link_urls")),
    path("", include("ventanilla.brands.urls")),
    path("", include("ventanilla.files.urls")),
    path("", include("ventanilla.people.urls")),
    path("", include("ventanilla.tickets.urls")),
    path("settings/", include("ventanilla.studio.urls")),
]

handler400 = "ventanilla.ui.errors.bad_request"
handler403 = "ventanilla.ui.errors.forbidden"
handler404 = "ventanilla.ui.errors.not_found"
handler500 = "ventanilla.ui.errors.server_error"
