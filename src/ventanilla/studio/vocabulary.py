"""What things are called: one word for each term, seen in sentences before it is kept."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ventanilla.core.addresses import reverse
from ventanilla.core.term_words import TERMS
from ventanilla.core.terms import Word, about
from ventanilla.installation.queries import installation
from ventanilla.installation.terms import SETTING, product_text, wording_of
from ventanilla.people.author import Author
from ventanilla.people.managing import managed, posted
from ventanilla.people.rights import Right
from ventanilla.people.term_actions import choose_words

# Sentences of the product, as they stand in the catalog, in which the words are shown.
EXAMPLES: Final = (
    "%(name)s opened a ticket.",
    "The requester answered in a ticket of one of your teams.",
    "An agent with a tick here sees the tickets of these organizations and no others.",
    "They belong to different organizations.",
    "This team belongs to another department.",
    "Somebody who runs this help desk did it. If you do not know why, ask them.",
    "Skip this and go to the desk",
)


class VocabularyForm(forms.Form):
    """A choice for each term, in the reader's language; what the product says stands first and names the field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for term in TERMS:
            self.fields[term.key] = forms.ChoiceField(
                label=_capital(_in(term.default, _language())),
                choices=[(word.key, _both(word)) for word in (term.default, *term.words)],
            )


@managed(Right.SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, by: Author) -> HttpResponse:
    """The words of each term; `preview` shows sentences in them, `keep` has everybody read them."""
    now = dict(installation().settings.get(SETTING) or {})
    form = VocabularyForm(posted(request), initial={term.key: now.get(term.key, term.default.key) for term in TERMS})
    shown = now
    if request.method == "POST" and form.is_valid():
        shown = form.cleaned_data
        if "keep" in request.POST:
            try:
                choose_words(by=by, words=shown)
            except ValidationError as refused:
                form.add_error(None, refused)
            else:
                messages.success(request, _("Saved."))
                return redirect("vocabulary")
    context = {
        "title": _("Vocabulary"),
        "text": _(
            "What things are called everywhere: on the desk, in the portal, in mails. What people wrote, and what you "
            "named yourselves, stays as it is."
        ),
        "crumbs": [{"label": _("Settings"), "url": reverse("settings")}],
        "form": form,
        "examples": list(_examples(shown)),
        "not_kept": request.method == "POST" and not form.errors,
    }
    return render(request, "studio/vocabulary.html", context, status=422 if form.errors else 200)


def _examples(chosen: dict[str, str]) -> list[dict[str, str]]:
    wording = wording_of({key: word for key, word in chosen.items() if isinstance(word, str)})
    found = []
    for english in EXAMPLES:
        if any(about(term, english) for term in TERMS):
            said = {code: wording.say(code, english, product_text(code, english)) for code in ("es", "en")}
            found.append({code: text.replace("%(name)s", "Ana") for code, text in said.items()})
    return found


def _language() -> str:
    return "es" if (get_language() or "es").startswith("es") else "en"


def _in(word: Word, language: str) -> str:
    noun: str = getattr(word, language).one
    return noun


def _both(word: Word) -> str:
    """The word in both languages, the reader's first."""
    first = _language()
    other = "en" if first == "es" else "es"
    return f"{_capital(_in(word, first))} · {_in(word, other)}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
