"""Signing in and out, and one's own profile."""

from typing import Any

from allauth.account import views as account
from allauth.account.internal.stagekit import clear_login
from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ventanilla.people.forms import CodeForm, CodeRequestForm, SignInForm
from ventanilla.people.middleware import LANGUAGE_COOKIE
from ventanilla.people.shells import visitor_shell
from ventanilla.people.viewer import viewer

_YEAR_SECONDS = 365 * 24 * 3600
_DESK = "/desk/"


class _ForVisitors:
    """The shell around the library's pages."""

    request: HttpRequest

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """The library's context and ours."""
        context: dict[str, Any] = super().get_context_data(**more)  # type: ignore[misc]
        context["shell"] = visitor_shell(self.request)
        context["next"] = self.get_next_url() or ""  # type: ignore[attr-defined]
        return context


class SignIn(_ForVisitors, account.LoginView):  # type: ignore[misc]
    """Address and password."""

    form_class = SignInForm
    template_name = "people/sign_in.html"


class CodeRequest(_ForVisitors, account.RequestLoginCodeView):  # type: ignore[misc]
    """Ask for a one-time code by mail. The answer is the same whether anybody has the address or not."""

    form_class = CodeRequestForm
    template_name = "people/code_request.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        """The button on the sign-in page sends that page's form here: its `login` is our `email`."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        if "login" in self.request.POST and "email" not in self.request.POST:
            kwargs["data"] = {"email": self.request.POST["login"]}
        return kwargs


class CodeConfirm(_ForVisitors, account.ConfirmLoginCodeView):  # type: ignore[misc]
    """Type the code. The link in the mail fills it in; only the button signs in, so a mail scanner cannot."""

    form_class = CodeForm
    template_name = "people/code_confirm.html"

    def get_initial(self) -> dict[str, Any]:
        """The code of the link in the mail."""
        return {"code": self.request.GET.get("code", "")[:40]}


sign_in = SignIn.as_view()
code_request = CodeRequest.as_view()
code_confirm = CodeConfirm.as_view()


@never_cache
@require_safe
def restart(request: HttpRequest) -> HttpResponse:
    """Forget the code that was asked for in this browser and begin again."""
    clear_login(request)
    return redirect("sign-in")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("sign-in")


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody to their own place: agents to the desk, requesters to the portal, visitors to the sign-in."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    return redirect(_DESK if viewer(request.user).staff else "portal:home")


@require_safe
def language(request: HttpRequest, code: str) -> HttpResponse:
    """Remember a visitor's language in a cookie and go back to where they were."""
    if code not in dict(settings.LANGUAGES):
        raise Http404
    back = request.GET.get("next", "")
    if not (back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)):
        back = "/"
    response = redirect(back)
    response.set_cookie(
        LANGUAGE_COOKIE,
        code,
        max_age=_YEAR_SECONDS,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    return response


@require_safe
def switched_off(request: HttpRequest) -> HttpResponse:
    """Where the library sends a person whose account is switched off, after the right password only."""
    return render(request, "people/switched_off.html", {"shell": visitor_shell(request)}, status=403)
