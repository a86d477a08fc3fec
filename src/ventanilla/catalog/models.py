"""What the organization offers: a plain tree of services that tickets point at."""

from django.db import models

from ventanilla.core.models import Configurable
from ventanilla.people.models import Department


class Service(Configurable):
    """A service, or a family of services when others name it as their parent. Without department: everybody's."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT)
