"""Signing in by a provider (OpenID Connect): the way there, the way back, and linking one's own account."""

import time
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.crypto import Unreadable, seal, unseal
from ventanilla.core.oauth import PENDING_SECONDS, awaited, fresh_state, fresh_verifier
from ventanilla.people.account_actions import note_refusal
from ventanilla.people.author import Author
from ventanilla.people.id_token import LEEWAY_SECONDS, NotTrue, Told
from ventanilla.people.models import Person, SignInProvider
from ventanilla.people.oidc import Metadata, Trouble, authorization_url, who
from ventanilla.people.origin import Origin
from ventanilla.people.provider_actions import Entry, enter, link, unlink
from ventanilla.people.provider_views import way_back
from ventanilla.people.provider_wording import refusal
from ventanilla.people.queries import active_providers, provider_links
from ventanilla.people.second_views import FRESH_SECONDS, PROVIDER, around, proved
from ventanilla.people.shells import visitor_shell

log = structlog.get_logger("ventanilla.people")
_PENDING = "external_sign_in"
_TO_LINK = "external_link"


@never_cache
@require_safe
def go(request: HttpRequest, key: str) -> HttpResponse:
    """To the provider, to sign in there."""
    if request.user.is_authenticated:
        return redirect("home")
    if not ratelimit.consume(request, action="provider"):
        return _refused(request, _provider(key), "busy")
    return _sent(request, _provider(key), purpose="sign_in", wanted=request.GET.get("next", ""))


@proved
@require_safe
def link_go(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    """To the provider, to show which account there is one's own. What comes back is asked about before it is linked."""
    return _sent(request, _provider(key), purpose=f"link:{person.pk}", wanted="")


def _sent(request: HttpRequest, provider: SignInProvider, *, purpose: str, wanted: str) -> HttpResponse:
    state, nonce, verifier = fresh_state(), fresh_state(), fresh_verifier()
    request.session[_PENDING] = {
        "state": state, "nonce": nonce, "verifier": seal(verifier, settings.SEALING_KEYS), "provider": provider.pk,
        "purpose": purpose, "next": wanted[:2000], "at": time.time(),
    }  # fmt: skip
    proving = purpose == "sign_in" and wanted.startswith(reverse("safety"))
    address = authorization_url(
        provider, state=state, nonce=nonce, verifier=verifier, redirect_uri=way_back(request, provider.key),
        choosing=purpose != "sign_in", at_most_seconds=FRESH_SECONDS if proving else None,
    )  # fmt: skip
    return redirect(address)


@never_cache
@require_safe
def back(request: HttpRequest, key: str) -> HttpResponse:
    """Back from the provider: with a code that names somebody, or with a reason why not. An answer is good once."""
    provider = _provider(key)
    pending = awaited(request.session.get(_PENDING), request.GET.get("state", ""), now=time.time())
    if pending is None or pending["provider"] != provider.pk:
        return _refused(request, provider, "stale")
    # Of two at once with the same answer the provider takes the code of one.
    del request.session[_PENDING]
    if not _is_of(provider, request.GET.get("iss")):
        return _untrue(request, provider, "the answer bears another issuer's name (RFC 9207)")
    code = request.GET.get("code", "")
    if not code:
        away = request.GET.get("error") in ("server_error", "temporarily_unavailable")
        log.info("the provider sent somebody back", provider=provider.key, error=request.GET.get("error", "")[:100])
        return _refused(request, provider, "away" if away else "denied")
    try:
        verifier = unseal(pending["verifier"], settings.SEALING_KEYS)
        redirect_uri = way_back(request, provider.key)
        told = who(provider, code=code, verifier=verifier, nonce=pending["nonce"], redirect_uri=redirect_uri)
    except Unreadable:
        return _refused(request, provider, "stale")
    except Trouble as trouble:
        log.warning("the provider does not answer", provider=provider.key, found=trouble.found, said=str(trouble)[:300])
        return _refused(request, provider, {"spent": "stale", "refused": "refused"}.get(trouble.found, "away"))
    except NotTrue as error:
        return _untrue(request, provider, str(error))
    if pending["purpose"] == "sign_in":
        return _entered(request, provider, told, pending["next"])
    return _asked_to_link(request, provider, told, pending["purpose"])


def _is_of(provider: SignInProvider, named: str | None) -> bool:
    """Whether the answer is in the provider's own name, where it says so at all (RFC 9207 2.4)."""
    return named == provider.issuer if named is not None else not Metadata.of(provider).names_itself


def _entered(request: HttpRequest, provider: SignInProvider, told: Told, wanted: str) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("home")
    entry = _entry(request, provider, told)
    if entry.why or entry.person is None:
        origin = Origin.of(request)
        note_refusal(person=entry.person, address=told.address, why=entry.why, provider=provider.pk, origin=origin)
        return _refused(request, provider, entry.why)
    fresh = 0 <= time.time() + LEEWAY_SECONDS - told.signed_in_at < FRESH_SECONDS + LEEWAY_SECONDS
    record_authentication(request, entry.person, PROVIDER, provider=provider.pk, fresh=fresh)
    login = Login(user=entry.person, redirect_url=wanted if get_adapter().is_safe_url(wanted) else None)
    response: HttpResponse = perform_login(request, login)
    return response


def _entry(request: HttpRequest, provider: SignInProvider, told: Told) -> Entry:
    language, origin = get_language() or "", Origin.of(request)
    try:
        return enter(provider=provider, told=told, language=language, origin=origin)
    except (IntegrityError, ValidationError):
        # Somebody with two browsers was faster with the other one: now they are known.
        return enter(provider=provider, told=told, language=language, origin=origin)


def _asked_to_link(request: HttpRequest, provider: SignInProvider, told: Told, purpose: str) -> HttpResponse:
    person = request.user
    if not isinstance(person, Person) or purpose != f"link:{person.pk}":
        return _refused(request, provider, "stale")
    request.session[_TO_LINK] = {
        "provider": provider.pk, "subject": told.subject, "address": told.address, "at": time.time(),
        "person": person.pk,
    }  # fmt: skip
    shown = {"provider": provider, "account": told.address or told.name}
    return render(request, "people/link.html", around(request, person) | shown)


@proved
@require_POST
def link_here(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    """Link the account that one has just shown to be one's own."""
    provider = _provider(key)
    shown: dict[str, Any] = request.session.pop(_TO_LINK, None) or {}
    mine = (shown.get("provider"), shown.get("person")) == (provider.pk, person.pk)
    if not mine or time.time() - shown["at"] > PENDING_SECONDS:
        messages.error(request, _("That took too long. Try again."))
        return redirect("safety")
    told = Told(provider.issuer, shown["subject"], shown["address"], False, "")
    try:
        link(by=Author.of(person), person=person, provider=provider, told=told, origin=Origin.of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("From now on you can sign in with %(provider)s.") % {"provider": provider})
    return redirect("safety")


@proved
@require_POST
def unlink_here(request: HttpRequest, person: Person, identity: int) -> HttpResponse:
    """Let an account at a provider sign one in no more."""
    row = next((row for row in provider_links(person) if row.pk == identity), None)
    if row is None:
        raise Http404
    unlink(by=Author.of(person), person=person, identity=row, origin=Origin.of(request))
    messages.success(request, _("%(provider)s does not sign you in any more.") % {"provider": row.provider})
    return redirect("safety")


def _untrue(request: HttpRequest, provider: SignInProvider, why: str) -> HttpResponse:
    log.warning("an answer of a provider is not true", provider=provider.key, why=why[:300])
    note_refusal(person=None, address="", why="untrue", provider=provider.pk, origin=Origin.of(request))
    return _refused(request, provider, "untrue")


def _refused(request: HttpRequest, provider: SignInProvider, why: str) -> HttpResponse:
    """A page that says why one is not in, and the way back."""
    heading, text = refusal(why, str(provider))
    context = {"shell": visitor_shell(request), "heading": heading, "text": text}
    context["signed_in"] = request.user.is_authenticated
    status = {"stale": 400, "away": 502, "refused": 502, "busy": 429}.get(why, 403)
    return render(request, "people/not_in.html", context, status=status)


def _provider(key: str) -> SignInProvider:
    row = next((row for row in active_providers() if row.key == key), None)
    if row is None:
        raise Http404
    return row
