"""Brands as a section of the configuration: their list, order and deletion (`fields/sections.py`)."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.hosts import BadHost, normal_host
from ventanilla.brands.models import Brand
from ventanilla.fields.sections import Attribute, Column, Said, Section

DEFAULT = "default"


def _check(row: Brand) -> None:
    found = []
    for word in row.hosts.replace(",", " ").replace(";", " ").split():
        try:
            found.append(normal_host(word))
        except BadHost:
            said = gettext("“%(host)s” is no host name: write it without https:// and without a port.")
            raise ValidationError({"hosts": said % {"host": word[:80]}}) from None
    row.hosts = " ".join(dict.fromkeys(found))
    for other in Brand.objects.exclude(pk=row.pk).exclude(hosts=""):
        shared = set(found) & set(other.hosts.split())
        if shared:
            said = gettext("%(host)s already belongs to %(name)s.")
            raise ValidationError({"hosts": said % {"host": min(shared), "name": other}})


def _states() -> Mapping[int, Said]:
    # Not remembered: a draft is no change of what anybody is shown.
    return {pk: state_in_words(version, draft is not None) for pk, version, draft in _written()}


def _written() -> list[tuple[int, int, object]]:
    return list(Brand.objects.values_list("pk", "version", "draft"))


def state_in_words(version: int, drafted: bool) -> str:
    """Whether a brand is published, and whether something waits to be."""
    published = gettext("version %(number)d") % {"number": version} if version else gettext("as the product comes")
    waits = gettext("draft not published")
    return f"{published} · {waits}" if drafted else published


BRANDS = Section(
    key="brands",
    noun="brand",
    model=Brand,
    title=_("Brands of the portal"),
    one=_("Brand"),
    new=_("New brand"),
    text=_(
        "How the portal, the sign-in and the mails look and what they say. A brand is found by the host name, then by"
        " the reader's organization; everybody else sees the general one."
    ),
    icon="star",
    attributes=(Attribute("hosts", "text", _("Host names"), most=1000),),
    columns=(Column(_("State"), _states),),
    check=_check,
    relied_on=frozenset({DEFAULT}),
    page="brand",
)
