"""The kinds of event about the catalog."""

from ventanilla.catalog.sections import SERVICES

KINDS = SERVICES.kinds()
