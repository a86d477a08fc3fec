"""Which brand an organization's people see."""

from django.db import transaction

from ventanilla.brands.models import Brand
from ventanilla.events.record import Cause, record
from ventanilla.installation.actions import bump_config_version
from ventanilla.people.author import Author
from ventanilla.people.models import Organization
from ventanilla.people.rights import Right


@transaction.atomic
def set_organization_brand(
    *, by: Author, organization: Organization, brand: Brand | None, cause: Cause | None = None
) -> None:
    """Show this brand to the people of an organization and of those below it; none: what the one above it has.

    Records `organization.brand_set`, if that is something else than before.
    """
    by.require(Right.PEOPLE)
    kept = Organization.objects.select_for_update().get(pk=organization.pk)
    before, after = kept.brand_id, brand.pk if brand is not None else None
    if before == after:
        return
    kept.brand = organization.brand = brand
    kept.save(update_fields=["brand"])
    bump_config_version()
    data = {"brand": [before, after]}
    record("organization.brand_set", f"organization:{kept.pk}", actor=by.actor, data=data, cause=cause)
