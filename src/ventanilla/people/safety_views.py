"""Signing in and safety: the page where everybody sees how and where they are signed in, and ends it elsewhere."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ventanilla.installation.queries import installation
from ventanilla.people.account_actions import end_sessions
from ventanilla.people.author import Author
from ventanilla.people.models import SecondStep
from ventanilla.people.origin import device
from ventanilla.people.queries import active_providers, provider_links, sessions_of
from ventanilla.people.second import codes_left, second_steps_of
from ventanilla.people.views import frame, signed_in


@never_cache
@login_required
@require_safe
def safety(request: HttpRequest) -> HttpResponse:
    """One's second steps, linked accounts, and the browsers in which one is signed in."""
    person = signed_in(request)
    here = request.session.session_key
    sessions = [
        {
            "mark": row.mark,
            "device": device(row.agent),
            "ip": row.ip,
            "seen_at": row.seen_at,
            "began_at": row.began_at,
            "here": row.session_key == here,
        }
        for row in sessions_of(person)
    ]
    sessions.sort(key=lambda row: not row["here"])
    steps, links = second_steps_of(person), provider_links(person)
    context = frame(request, person) | {
        "sessions": sessions,
        "steps": steps,
        "app": any(step.kind == SecondStep.Kind.APP for step in steps),
        "codes_left": codes_left(person),
        "demo": installation().demo,
        "links": links,
        "providers": [row for row in active_providers() if row.pk not in {one.provider_id for one in links}],
    }
    return render(request, "people/safety.html", context)


@login_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End one session (`mark`), or without it all others."""
    person, mark = signed_in(request), request.POST.get("mark", "")
    here = request.session.session_key
    if mark:
        key = next((row.session_key for row in sessions_of(person) if row.mark == mark), None)
        if key is None or key == here:
            raise Http404
        end_sessions(by=Author.of(person), person=person, keys=[key])
        messages.success(request, _("That browser is signed out."))
    else:
        ended = end_sessions(by=Author.of(person), person=person, but=here)
        said = ngettext("One other browser is signed out.", "%(count)d other browsers are signed out.", ended)
        messages.success(request, said % {"count": ended} if ended else _("You are signed in nowhere else."))
    return redirect("safety")
