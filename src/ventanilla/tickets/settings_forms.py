"""What administrators type about the vocabulary of tickets."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ventanilla.tickets.life_cycle import LifeCycle

_WORKING = _("Working days of waiting for the requester.")


class LifeCycleForm(forms.Form):
    """The days after which something happens to tickets that nobody touches."""

    on = forms.BooleanField(
        required=False,
        label=_("Follow up by itself"),
        help_text=_("Reminds requesters whose answer is missing, and closes what is done with."),
    )
    remind_1 = forms.IntegerField(label=_("First reminder to the requester"), help_text=_WORKING)
    remind_2 = forms.IntegerField(label=_("Second reminder"), help_text=_WORKING)
    resolve = forms.IntegerField(label=_("Resolve it without an answer"), help_text=_WORKING)
    close = forms.IntegerField(label=_("Close it"), help_text=_("Days after it was resolved."))
    reopen = forms.IntegerField(
        label=_("An answer opens it again"),
        help_text=_("Up to this many days after closing. Later it opens a new ticket that continues it."),
    )

    @staticmethod
    def initial_of(days: LifeCycle) -> dict[str, Any]:
        """The days as the form shows them."""
        named = {"on": days.on, "resolve": days.resolve, "close": days.close, "reopen": days.reopen}
        return named | {f"remind_{number}": day for number, day in enumerate(days.remind, 1)}

    def days(self) -> LifeCycle:
        """What was typed."""
        values = self.cleaned_data
        rest = {name: values[name] for name in ("on", "resolve", "close", "reopen")}
        return LifeCycle(remind=(values["remind_1"], values["remind_2"]), **rest)
