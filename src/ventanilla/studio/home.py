"""The first page of the settings: what is set now, search over all of it, and what was changed last."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ventanilla.core.addresses import reverse
from ventanilla.events import registry
from ventanilla.events.queries import newest_of
from ventanilla.fields.section_actions import topic_of
from ventanilla.fields.sections import section_of, shown_sections
from ventanilla.installation.queries import installation
from ventanilla.people.author import Author
from ventanilla.people.managing import managed
from ventanilla.people.queries import names_of
from ventanilla.people.rights import Right
from ventanilla.search.stem import stems, words
from ventanilla.studio.places import SUBJECTS, Place, places, tile, tiles
from ventanilla.studio.queries import rows_of
from ventanilla.studio.undoing import UNDONE_BY

_MOST_FOUND = 40
_LAST_CHANGES = 6


@managed(Right.SETTINGS)
@require_safe
def home(request: HttpRequest, by: Author) -> HttpResponse:
    """Tiles that say what is set now; with `q`, what is called like that instead."""
    asked = request.GET.get("q", "").strip()[:100]
    known = list(places(by))
    context: dict[str, Any] = {"query": asked, "organization": installation().name}
    if asked:
        context["found"] = list(_found(asked, by, known))[:_MOST_FOUND]
    else:
        context |= {"tiles": tiles(known), "changes": list(_changes(by))}
    return render(request, "studio/home.html", context)


@managed(Right.SETTINGS)
@require_safe
def subject(request: HttpRequest, by: Author, key: str) -> HttpResponse:
    """The places of one subject."""
    about = next((one for one in SUBJECTS if one.key == key), None)
    within = [tile(place) for place in places(by) if place.subject == key]
    if about is None or not within:
        raise Http404
    crumbs = [{"label": _("Settings"), "url": reverse("settings")}]
    context = {"title": str(about.title), "text": str(about.text), "crumbs": crumbs, "tiles": within}
    return render(request, "studio/subject.html", context)


def _found(asked: str, by: Author, known: list[Place]) -> Iterator[dict[str, Any]]:
    """Places and rows that have every word of the question, as a whole or as a beginning, in either language."""
    wanted = [stems(word) for word in words(asked)]

    def fits(*texts: str) -> bool:
        said = words(" ".join(texts))
        return all(any(word.startswith(stem) for word in said for stem in some) for some in wanted)

    with override("en" if get_language() == "es" else "es"):
        elsewhere = list(places(by))
    for place, other in zip(known, elsewhere, strict=True):
        if fits(place.title, place.now, place.words, other.title, other.words):
            yield {"icon": place.icon, "title": place.title, "url": place.url, "text": place.now}
    for section in shown_sections().values():
        for row in rows_of(section):
            if fits(*row.label.values(), row.key):
                yield {
                    "icon": section.icon,
                    "title": str(row),
                    "url": section.url_of(row.pk),
                    "text": str(section.one),
                    "archived": row.archived_at is not None,
                }


def _changes(by: Author) -> Iterator[dict[str, Any]]:
    """The newest changes of settings, each with who made it; the newest of each row can be taken back."""
    kinds = {name: kind for name, kind in registry.kinds().items() if kind.audit == "settings"}
    events = newest_of(kinds.keys(), _LAST_CHANGES)
    actors = {e.actor: int(e.actor.partition(":")[2]) for e in events if e.actor.startswith("person:")}
    names = names_of(actors.values()) if actors else {}
    labels = {
        topic_of(section, row): (str(row), section.url_of(row.pk))
        for section in {section_of(event.kind.partition(".")[0]) for event in events} - {None}
        if section is not None
        for row in rows_of(section)
    }
    seen: set[str] = set()
    for event in events:
        label, url = labels.get(event.topic, ("", ""))
        section = section_of(event.kind.partition(".")[0])
        undoable = section is not None or event.kind in UNDONE_BY
        gone = event.kind.endswith(".deleted")
        yield {
            "at": event.recorded_at,
            "who": names.get(actors.get(event.actor, 0), ""),
            "what": str(kinds[event.kind].sentence),
            "about": label or (_label_of(event.data) if gone else ""),
            "url": url,
            "undo_url": reverse("studio-undo", args=[event.pk]) if undoable and event.topic not in seen else "",
        }
        seen.add(event.topic)


def _label_of(data: dict[str, Any]) -> str:
    label = data.get("label") or {}
    return str(next(iter(label.values()), ""))
