"""The kinds of event about brands."""

from django.utils.translation import gettext_lazy as _

from ventanilla.brands.sections import BRANDS
from ventanilla.events.registry import Kind

KINDS = (
    *BRANDS.kinds(),
    Kind("brand.draft_saved", audience="admin"),
    Kind("brand.draft_discarded", audience="admin", audit="settings", sentence=_("Brand: draft discarded")),
    Kind("brand.published", audience="admin", audit="settings", sentence=_("Brand: published")),
    Kind("brand.picture_added", audience="admin"),
)
