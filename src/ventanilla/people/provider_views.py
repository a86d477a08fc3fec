"""The settings of providers of sign-ins: connecting, changing and removing them."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from ventanilla.core.addresses import reverse
from ventanilla.core.keys import free_key
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted
from ventanilla.people.models import SignInProvider
from ventanilla.people.oidc import Trouble, discover
from ventanilla.people.provider_actions import remove_provider, save_provider
from ventanilla.people.provider_forms import ProviderForm
from ventanilla.people.provider_wording import kind_name, problem_of_discovery
from ventanilla.people.queries import sign_in_providers
from ventanilla.people.rights import Right

Kind = SignInProvider.Kind


@sensitive_post_parameters("client_secret")
@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request: HttpRequest, by: Author, pk: int | None = None) -> HttpResponse:
    """A new provider of the sort that the address names, or one to change. It is asked before anything is saved."""
    row = _found(pk) if pk is not None else None
    asked = request.GET.get("kind", "")
    kind = row.kind if row else asked if asked in Kind.values else Kind.MICROSOFT.value
    form = ProviderForm(posted(request), kind=kind, provider=row, key=_key(kind))
    if request.method == "POST" and form.is_valid():
        try:
            _save(by, row, form)
        except ValidationError as error:
            form.add_error(None, error)
        except Trouble as trouble:
            form.add_error(
                form.asked_field, problem_of_discovery(trouble.found, str(trouble), issuer=form.asked_issuer)
            )
        else:
            messages.success(request, _("The provider answers as it should, and is saved."))
            return redirect("signing-in")
    key = row.key if row else form["key"].value()
    context = {
        "form": form,
        "provider": row,
        "kind": kind,
        "kind_name": kind_name(kind),
        "title": str(row) if row else _("Connect a provider"),
        "crumbs": [
            {"label": _("Settings"), "url": reverse("settings")},
            {"label": _("Signing in"), "url": reverse("signing-in")},
        ],
        "choices": [{"value": value, "label": kind_name(value), "current": value == kind} for value in Kind.values],
        "way_back": way_back(request, key),
    }
    return render(request, "people/provider.html", context, status=422 if form.errors else 200)


def _save(by: Author, row: SignInProvider | None, form: ProviderForm) -> SignInProvider:
    connection = form.connection()
    metadata = discover(form.asked_issuer, kind=connection.kind, authorities=connection.ca_certificate)
    key = row.key if row else form.cleaned_data["key"]
    return save_provider(by=by, provider=row, key=key, connection=connection, metadata=metadata)


def _key(kind: str) -> str:
    """The key under which a new provider would be stored: a part of its redirect address, so it is known before."""
    return free_key(SignInProvider.objects.all(), {"en": kind}, fallback="provider")


@managed(Right.SETTINGS)
@require_POST
def remove(request: HttpRequest, by: Author, pk: int) -> HttpResponse:
    """Nobody signs in by this provider any more."""
    row = _found(pk)
    remove_provider(by=by, provider=row)
    messages.success(request, _("%(provider)s is removed. Nobody signs in by it any more.") % {"provider": row})
    return redirect("signing-in")


def way_back(request: HttpRequest, key: str) -> str:
    """Where a provider sends browsers back: of its own for each, so that none can answer for another (RFC 9700 4.4).

    Without `VENTANILLA_URL` only this computer can have asked (see ALLOWED_HOSTS), at the port it knows.
    """
    base = settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
    return base + reverse("sign-in-back", args=[key])


def _found(pk: int) -> SignInProvider:
    row = next((row for row in sign_in_providers() if row.pk == pk), None)
    if row is None:
        raise Http404
    return row
