"""The page of the configuration as text: download it, see what a text would change, carry that in."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from ventanilla.core.addresses import reverse
from ventanilla.fields.bundle_text import MOST_BYTES
from ventanilla.fields.bundles import BundleProblem, compared, exported, imported
from ventanilla.fields.sectors import SECTORS, sector_with
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.managing import managed
from ventanilla.people.rights import Right
from ventanilla.studio.telling import lines


class BundleForm(forms.Form):
    """A bundle, as a file or typed, and whether it says all."""

    file = forms.FileField(required=False, label=gettext_lazy("File"), allow_empty_file=True)
    sector = forms.CharField(required=False, max_length=30, widget=forms.HiddenInput)
    text = forms.CharField(
        required=False,
        strip=False,
        label=gettext_lazy("Or its text"),
        widget=forms.Textarea({"rows": 8, "spellcheck": "false", "class": "v-code"}),
    )
    exact = forms.BooleanField(
        required=False,
        label=gettext_lazy("Also take away what it does not have"),
        help_text=gettext_lazy("What has been used is archived, the rest is deleted; only in its chapters."),
    )

    def clean(self) -> dict[str, Any]:
        """The text, from wherever it came."""
        cleaned: dict[str, Any] = super().clean() or {}
        file = cleaned.get("file")
        if file is not None:
            if file.size > MOST_BYTES:
                raise forms.ValidationError(_("This is larger than a configuration can be."))
            try:
                cleaned["text"] = file.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                raise forms.ValidationError({"file": _("This is no text in UTF-8.")}) from None
        ready = sector_with(cleaned.get("sector") or "")
        if ready is not None and not cleaned.get("text", "").strip():
            cleaned["text"] = ready.bundle
        if not cleaned.get("text", "").strip() and not self.errors:
            raise forms.ValidationError(_("Choose a file or paste its text."))
        return cleaned


@managed(Right.SETTINGS)
@require_safe
def download(request: HttpRequest, by: Author) -> HttpResponse:
    """The whole configuration as a file."""
    name = f"{slugify(installation().name) or 'ventanilla'}-{timezone.localdate().isoformat()}.yaml"
    answer = HttpResponse(exported(), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, by: Author) -> HttpResponse:
    """Take a bundle: first what it would change is shown, then, with `carry`, it is carried in."""
    form = BundleForm(request.POST or None, request.FILES or None) if request.method == "POST" else BundleForm()
    context: dict[str, Any] = {
        "title": _("Configuration as text"),
        "text": _("Everything set here in one readable file, without people, passwords or tickets."),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "form": form,
        "sectors": SECTORS,
    }
    if request.method == "POST" and form.is_valid():
        text, exact = form.cleaned_data["text"], form.cleaned_data["exact"]
        try:
            if "carry" in request.POST:
                count = len(imported(text, by=by, exact=exact))
                messages.success(request, ngettext("%(count)d change.", "%(count)d changes.", count) % {"count": count})
                return redirect("settings")
            shown = list(lines(compared(text, by=by, exact=exact)))
            return render(
                request, "studio/bundle_preview.html", context | {"lines": shown, "given": text, "exact": exact}
            )
        except BundleProblem as error:
            form.add_error(None, str(error))
    return render(request, "studio/bundle.html", context, status=422 if form.errors else 200)
