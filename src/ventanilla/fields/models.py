"""Fields that administrators add to an entity."""

from django.db import models
from django.utils.translation import get_language

from ventanilla.core.labels import text_in
from ventanilla.core.models import Configurable


class FieldDefinition(Configurable):
    """A field of an entity (`ticket`) that an administrator made. Its key and kind never change.

    Values stand in the entity's `custom` column under the key. `types` are the keys of the types that have the field
    (empty: all); `options` lists `{"key", "label", "archived"}` of choices; `unit` is said after numbers and amounts.
    `visible_when` is a condition over another field (`["custom.site", "in", ["lima"]]`; empty: always visible).
    `used_at` is when a first value was written.
    """

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        MONEY = "money"
        DATE = "date"
        MOMENT = "moment"
        YES_NO = "yes_no"
        CHOICE = "choice"
        CHOICES = "choices"
        PERSON = "person"
        REFERENCE = "reference"

    class Audience(models.TextChoices):
        STAFF = "staff"
        REQUESTER = "requester"

    key = models.SlugField(max_length=60)
    entity = models.SlugField(max_length=30)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    help = models.JSONField(default=dict)
    unit = models.CharField(max_length=12, blank=True)
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.STAFF)
    types = models.JSONField(default=list)
    required = models.BooleanField(default=False)
    options = models.JSONField(default=list)
    visible_when = models.JSONField(default=list)
    indexed = models.BooleanField(default=False)

    class Meta(Configurable.Meta):
        constraints = [models.UniqueConstraint(fields=["entity", "key"], name="field_key_once")]

    @property
    def name(self) -> str:
        """How changes, conditions, addresses and forms name the field: `custom.site`."""
        return f"custom.{self.key}"

    @property
    def told(self) -> str:
        """The help text in the reader's language."""
        return text_in(self.help, get_language() or "es")

    @property
    def option_labels(self) -> dict[str, str]:
        """The name of each option by its key, archived ones too, in the reader's language."""
        return {option["key"]: text_in(option["label"], get_language() or "es") for option in self.options}

    @property
    def offered(self) -> dict[str, str]:
        """The same without what is archived."""
        labels = self.option_labels
        return {option["key"]: labels[option["key"]] for option in self.options if not option.get("archived")}

    @property
    def decided_by(self) -> str:
        """The key of the field that decides whether this one is visible; empty where none does."""
        return str(self.visible_when[0]).removeprefix("custom.") if self.visible_when else ""

    def concerns(self, type_key: str) -> bool:
        """Whether rows of this type have the field."""
        return not self.types or type_key in self.types
