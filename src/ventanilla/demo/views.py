"""The page where an administrator ends the demo or the trial."""

from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ventanilla.demo.sign_ins import sign_in_file
from ventanilla.demo.trial import outlook, start_for_real
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.rights import Right
from ventanilla.people.views import frame, signed_in
from ventanilla.welcome.views import let_in


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def real(request: HttpRequest) -> HttpResponse:
    """Say what goes and what stays, and do it; 404 where there is no demo.

    An administrator of the demo goes with it: the first run begins in their browser, and asks for the new one.
    """
    person = signed_in(request)
    if not (person.may(Right.SETTINGS) and person.may(Right.PEOPLE)):
        raise PermissionDenied
    if not installation().demo:
        raise Http404
    if request.method != "POST":
        context = frame(request, person) | {"outlook": outlook(person)}
        return render(request, "demo/start_for_real.html", context)
    token = start_for_real(by=Author.of(person))
    sign_in_file(Path(settings.DATA)).unlink(missing_ok=True)
    if token:
        request.session.flush()
        let_in(request, token)
        return redirect("welcome-language")
    messages.success(request, _("The demo is gone and Ventanilla is yours. Give it the name of your organization."))
    return redirect("installation")
