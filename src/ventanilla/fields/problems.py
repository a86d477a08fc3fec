"""What is wrong with a condition, in the reader's language."""

from django.utils.translation import gettext as _

from ventanilla.fields.conditions import ConditionError


def explain(error: ConditionError) -> str:
    """One sentence for the person who wrote the condition or opened the address."""
    sentences = {
        "unknown_field": _("There is no field “%(subject)s” to filter by."),
        "unknown_operator": _("“%(subject)s” is not a way to compare this field."),
        "unknown_value": _("“%(subject)s” is not one of the values of this field."),
        "bad_value": _("“%(subject)s” is not a value this field can have."),
        "value_wanted": _("A value is missing for “%(subject)s”."),
        "one_value_wanted": _("“%(subject)s” takes a single value."),
        "no_value_wanted": _("“%(subject)s” takes no value."),
        "list_wanted": _("“%(subject)s” takes a list of 1 to 200 values."),
        "too_many_parts": _("The condition has more than %(subject)s parts."),
        "too_deep": _("The condition is nested more than %(subject)s levels deep."),
        "not_a_condition": _("This is not a condition."),
    }
    return sentences[error.problem] % {"subject": error.subject}
