"""Connecting a mailbox to an account at Microsoft, Google or another provider (OAuth 2): guide, way there, way back."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.core.crypto import Unreadable, seal, unseal
from ventanilla.core.oauth import awaited, fresh_state, fresh_verifier
from ventanilla.mail.account_forms import RegistrationForm
from ventanilla.mail.actions import ask_doctor
from ventanilla.mail.doctor import Step
from ventanilla.mail.doctor_wording import tell
from ventanilla.mail.findings import plain
from ventanilla.mail.grant_actions import connect_account, disconnect_account, save_client
from ventanilla.mail.grants import grant_of
from ventanilla.mail.keys import public_url
from ventanilla.mail.models import Mailbox, OAuthClient
from ventanilla.mail.oauth import TokenError, Tokens, authorization_url, redeem
from ventanilla.mail.pages import places_for, reader
from ventanilla.mail.queries import clients_for, mailboxes_for
from ventanilla.mail.wording import PROVIDER_NAMES
from ventanilla.people.author import Author
from ventanilla.people.models import Person
from ventanilla.people.rights import Right

PENDING = "mail_account"
Provider = OAuthClient.Provider


@login_required
def mailbox_account(request: HttpRequest, pk: int) -> HttpResponse:
    """What to do at the provider, the registration that comes of it, and the way there to sign in."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk)
    grant = grant_of(mailbox)
    provider = _provider(request, grant.client.provider if grant else "")
    client = _client(person, provider, grant.client if grant else None)
    form = RegistrationForm(request.POST if request.method == "POST" else None, provider=provider, client=client)
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_client(by=Author.of(person), registration=form.registration())
            messages.success(request, _("The registration was saved. Now sign in."))
            return redirect(f"{reverse('mailbox-account', args=[mailbox.pk])}?provider={saved.provider}#v-go")
        except ValidationError as error:
            form.add_error(None, error)
    context = {
        "mailbox": mailbox,
        "form": form,
        "title": _("Connected account") if grant else _("Connect Microsoft 365 or Google"),
        "crumbs": [
            {"label": _("Mailboxes"), "url": reverse("mailboxes")},
            {"label": mailbox.address, "url": reverse("mailbox", args=[mailbox.pk])},
        ],
        "provider": provider,
        "provider_name": PROVIDER_NAMES[provider],
        "choices": [
            {"label": label, "value": value, "current": value == provider} for value, label in PROVIDER_NAMES.items()
        ],
        "client": client,
        "grant": grant,
        "grant_name": PROVIDER_NAMES[Provider(grant.client.provider)] if grant else "",
        "problem": _told(TokenError(grant.found, grant.error), mailbox) if grant and grant.found else "",
        "way_back": _way_back(),
        "places": places_for(person, "mailboxes"),
    }
    return render(request, "mail/account.html", context, status=422 if form.errors else 200)


def _provider(request: HttpRequest, known: str) -> OAuthClient.Provider:
    asked = request.GET.get("provider", known)
    return Provider(asked) if asked in Provider.values else Provider.MICROSOFT


def _client(person: Person, provider: OAuthClient.Provider, known: OAuthClient | None) -> OAuthClient | None:
    """The registration that was written last at this provider: whoever has one, uses it for every mailbox."""
    if known is not None and known.provider == provider:
        known = clients_for(person).filter(token_url=known.token_url).order_by("-pk").first() or known
        return known
    return clients_for(person).filter(provider=provider).order_by("-pk").first()


@login_required
@require_safe
def account_go(request: HttpRequest, pk: int, client: int) -> HttpResponse:
    """To the provider's sign-in. What comes back has to come to this browser, and soon."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk)
    row = get_object_or_404(clients_for(person), pk=client)
    state, verifier = fresh_state(), fresh_verifier()
    request.session[PENDING] = {
        "state": state, "verifier": seal(verifier, settings.SEALING_KEYS), "mailbox": mailbox.pk, "client": row.pk,
        "at": timezone.now().timestamp(),
    }  # fmt: skip
    # Who signs in to a shared mailbox of Microsoft's is not the mailbox itself.
    hint = mailbox.address if row.provider == Provider.GOOGLE else ""
    return redirect(authorization_url(row, state=state, verifier=verifier, redirect_uri=_way_back(), login_hint=hint))


@login_required
@require_safe
def account_back(request: HttpRequest) -> HttpResponse:
    """Back from the provider with a code, or with a reason why not. A code is used once, and only if we asked."""
    person = reader(request, Right.SETTINGS)
    now = timezone.now().timestamp()
    pending = awaited(request.session.get(PENDING), request.GET.get("state", ""), now=now)
    if pending is None:
        messages.error(request, _("Nobody here asked to sign in, or it took too long. Begin again at the mailbox."))
        return redirect("mailboxes")
    del request.session[PENDING]
    mailbox = get_object_or_404(mailboxes_for(person), pk=pending["mailbox"])
    client = get_object_or_404(clients_for(person), pk=pending["client"])
    again = redirect(f"{reverse('mailbox-account', args=[mailbox.pk])}?provider={client.provider}")
    code = request.GET.get("code", "")
    if not code:
        said = f"{request.GET.get('error', '')}: {request.GET.get('error_description', '')}".strip(": ")
        messages.error(request, _("The provider did not let us in: %(said)s") % {"said": plain(said)})
        return again
    try:
        tokens = _redeemed(client, mailbox, code, pending["verifier"])
    except TokenError as error:
        messages.error(request, _told(error, mailbox))
        return again
    connect_account(by=Author.of(person), mailbox=mailbox, client=client, tokens=tokens)
    mailbox.refresh_from_db()
    messages.success(request, _("The account is connected."))
    if not mailbox.imap_host and not mailbox.smtp_host:
        messages.info(request, _("Now write the servers and the user name."))
        return redirect("mailbox", pk=mailbox.pk)
    ask_doctor(by=Author.of(person), mailbox=mailbox)
    return redirect("mailbox-doctor", pk=mailbox.pk)


def _redeemed(client: OAuthClient, mailbox: Mailbox, code: str, verifier: str) -> Tokens:
    try:
        return redeem(
            client,
            code=code,
            verifier=unseal(verifier, settings.SEALING_KEYS),
            redirect_uri=_way_back(),
            authorities=mailbox.ca_certificate,
        )
    except Unreadable as error:
        raise TokenError("client_refused", str(error)) from error


@login_required
@require_POST
def account_forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to user name and password."""
    person = reader(request, Right.SETTINGS)
    mailbox = get_object_or_404(mailboxes_for(person), pk=pk)
    disconnect_account(by=Author.of(person), mailbox=mailbox)
    messages.success(request, _("The account is disconnected. Now write user name and password."))
    return redirect("mailbox", pk=mailbox.pk)


def _way_back() -> str:
    return public_url() + reverse("mail-account-back")


def _told(error: TokenError, mailbox: Mailbox) -> str:
    data = {"host": mailbox.imap_host, "said": plain(str(error))}
    told = tell(Step("receiving", "sign_in", "bad", error.found, data))
    return f"{told.said} {told.remedy}".strip()
