"""What tickets have to do with each other, as one of them sees it: the words for both directions."""

from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ventanilla.tickets.models import Link
from ventanilla.tickets.survivors import with_merged


@dataclass(frozen=True)
class Relation:
    """What another ticket is to this one. `outward`: this ticket is the link's `ticket`, the other one its `other`.

    `by_hand`: people make and remove such links; the others follow from what happened.
    """

    key: str
    kind: Link.Kind
    outward: bool
    label: str | Promise
    by_hand: bool = True


RELATIONS = (
    Relation("related", Link.Kind.RELATED, True, pgettext_lazy("relation", "Related")),
    Relation("duplicate_of", Link.Kind.DUPLICATE, True, pgettext_lazy("relation", "Duplicate of")),
    Relation("duplicated_by", Link.Kind.DUPLICATE, False, pgettext_lazy("relation", "Has as duplicate")),
    Relation("blocked_by", Link.Kind.BLOCKS, False, pgettext_lazy("relation", "Blocked by")),
    Relation("blocks", Link.Kind.BLOCKS, True, pgettext_lazy("relation", "Blocks")),
    Relation("caused_by", Link.Kind.CAUSED_BY, True, pgettext_lazy("relation", "Caused by")),
    Relation("causes", Link.Kind.CAUSED_BY, False, pgettext_lazy("relation", "Cause of")),
    Relation("principal", Link.Kind.DEPENDENT, True, pgettext_lazy("relation", "Principal ticket")),
    Relation("dependent", Link.Kind.DEPENDENT, False, pgettext_lazy("relation", "Dependent ticket")),
    Relation("continues", Link.Kind.FOLLOW_UP, True, pgettext_lazy("relation", "Continues"), by_hand=False),
    Relation("continued_in", Link.Kind.FOLLOW_UP, False, pgettext_lazy("relation", "Continued in"), by_hand=False),
    Relation("announced_in", Link.Kind.ANNOUNCED, True, pgettext_lazy("relation", "Announced in"), by_hand=False),
    Relation("goes_on_in", Link.Kind.ANNOUNCED, False, pgettext_lazy("relation", "Goes on in"), by_hand=False),
    Relation("split_from", Link.Kind.SPLIT, True, pgettext_lazy("relation", "Split from"), by_hand=False),
    Relation("split_into", Link.Kind.SPLIT, False, pgettext_lazy("relation", "Split into"), by_hand=False),
)
BY_KEY = {relation.key: relation for relation in RELATIONS}
# Links of these kinds lead from one ticket to the next and must never lead back.
IN_ONE_DIRECTION = {
    Link.Kind.BLOCKS: _("These tickets would block each other in a circle."),
    Link.Kind.DEPENDENT: _("These tickets would be each other's principal in a circle."),
}


def relation_of(kind: str, *, outward: bool) -> Relation:
    """What the other ticket of such a link is. A symmetric kind has one word for both directions."""
    fitting = [relation for relation in RELATIONS if relation.kind == kind]
    return next((relation for relation in fitting if relation.outward == outward), fitting[0])


def leads_to(kind: Link.Kind, start: int, end: int) -> bool:
    """Whether links of this kind lead from one ticket to another, through whatever was merged."""
    seen, edge = {start}, {start}
    while edge:
        if end in seen:
            return True
        links = Link.objects.filter(kind=kind, ticket__in=with_merged(edge))
        edge = set(links.values_list(Coalesce(F("other__survivor"), F("other")), flat=True)) - seen
        seen |= edge
    return False
