"""The kinds of event about agreements and clocks. How those of tickets read stands in `history.py`."""

from ventanilla.events.registry import Kind
from ventanilla.sla.sections import AGREEMENTS

KINDS = (
    *AGREEMENTS.kinds(),
    Kind("sla.warned", audience="staff"),
    Kind("sla.breached", audience="staff"),
    Kind("sla.breach_revised", audience="staff"),
    Kind("sla.reason_given", audience="staff"),
)
