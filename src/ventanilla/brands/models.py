"""Brands with their versions, and the pictures that these show."""

from django.db import models
from django.utils import timezone

from ventanilla.core.models import Configurable
from ventanilla.files.models import Blob


class Brand(Configurable):
    """A face of the installation, shown at its `hosts` (host names, separated by spaces) and to the organizations that
    name it. `version` is the number of the published one, 0 before the first; `draft` what is being written besides
    (`brands.content`), or nothing.
    """

    hosts = models.CharField(max_length=1000, blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    draft = models.JSONField(null=True, blank=True)

    class Meta(Configurable.Meta):
        pass


class BrandVersion(models.Model):
    """What was published once, and by whom (`actor`). Never changed: going back publishes the same again."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    actor = models.CharField(max_length=60)
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "number"], name="one_brand_version_a_number")]

    def __str__(self) -> str:
        return f"{self.brand_id} · {self.number}"


class BrandPicture(models.Model):
    """A logo that a version or a draft of a brand may show. Public: whoever knows its digest sees it."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="pictures")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "blob"], name="a_brand_has_a_picture_once")]

    def __str__(self) -> str:
        return str(self.blob)
