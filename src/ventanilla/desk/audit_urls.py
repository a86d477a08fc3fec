"""Addresses of the audit list."""

from django.urls import path

from ventanilla.desk import audit

urlpatterns = [path("", audit.audit, name="audit"), path("export/", audit.export, name="audit-export")]
