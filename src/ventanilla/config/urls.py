"""Root addresses."""

from django.urls import URLPattern, URLResolver, include, path

from ventanilla.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("live/", include("ventanilla.desk.live_urls")),
    path("mail/", include("ventanilla.mail.urls")),
    path("", include("ventanilla.files.urls")),
]
