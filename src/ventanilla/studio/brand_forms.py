"""The forms of a brand: one for each part of what it says. Their values are parts of `brands.content`."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ventanilla.brands.content import MOST_ADDRESS, MOST_LINE, MOST_NAME, PLACES, BrandContent
from ventanilla.brands.offers import offers
from ventanilla.core.order import moved
from ventanilla.people.forms import LabelForm, Ticks

_LANGUAGES = (("es", _("Spanish")), ("en", _("English")))
_RICH = {"rows": 6, "data-editor": "html"}
_EMPTY_LINKS = 2


class BrandRowForm(LabelForm):
    """What a brand is called here, and at which host names it is shown."""

    hosts = forms.CharField(
        required=False,
        max_length=1000,
        label=_("Host names"),
        help_text=_("Separated by spaces. Whoever opens the portal at one of them sees this brand, signed in or not."),
    )
    archived = forms.BooleanField(required=False, label=_("Archived: no longer shown to anybody"))


class PartForm(forms.Form):
    """A part of a brand's content: fields for texts in both languages, and the others it has."""

    lines: Mapping[str, tuple[Any, Any, int]] = {}
    rich: Mapping[str, tuple[Any, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        for name, (label, told, most) in self.lines.items():
            for code, language in _LANGUAGES:
                fields[f"{name}_{code}"] = forms.CharField(
                    required=False, max_length=most, label=format_lazy("{} · {}", label, language), help_text=told
                )
        for name, (label, told) in self.rich.items():
            for code, language in _LANGUAGES:
                fields[f"{name}_{code}"] = forms.CharField(
                    required=False,
                    strip=False,
                    label=format_lazy("{} · {}", label, language),
                    help_text=told,
                    widget=forms.Textarea(_RICH),
                )

    @classmethod
    def initial_of(cls, content: Any) -> dict[str, Any]:
        """The texts of something as its form begins."""
        names = (*cls.lines, *cls.rich)
        return {f"{name}_{code}": getattr(content, name).get(code, "") for name in names for code, _l in _LANGUAGES}

    def said(self) -> dict[str, dict[str, str]]:
        """The texts that were typed, by language."""
        return {
            name: {code: self.cleaned_data.get(f"{name}_{code}", "") for code, _language in _LANGUAGES}
            for name in (*self.lines, *self.rich)
        }


class LookForm(PartForm):
    """The name that people see, the colors and the logo."""

    lines = {"name": (_("Name that people see"), "", MOST_NAME)}
    accent = forms.CharField(
        required=False,
        max_length=7,
        label=_("Color"),
        help_text=_("Of buttons and links, like #17594d. Empty: the product's green."),
    )
    accent_dark = forms.CharField(
        required=False,
        max_length=7,
        label=_("Color in dark mode"),
        help_text=_("Empty: the nearest one that can be read there."),
    )
    logo_file = forms.FileField(
        required=False,
        label=_("Logo"),
        help_text=_("PNG, JPEG, WebP or GIF, at most 2 MB. It is shown 36 pixels high."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    logo_dark_file = forms.FileField(
        required=False,
        label=_("Logo in dark mode"),
        help_text=_("Only where the other one cannot be seen on a dark ground."),
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    no_logo = forms.BooleanField(required=False, label=_("Without this logo"))
    no_logo_dark = forms.BooleanField(required=False, label=_("Without this logo in dark mode"))

    @classmethod
    def initial_of(cls, content: BrandContent) -> dict[str, Any]:
        """A brand's look as its form begins."""
        return super().initial_of(content) | {"accent": content.accent, "accent_dark": content.accent_dark}


class TextsForm(PartForm):
    """What is said on the first page and at the sign-in."""

    lines = {
        "welcome": (_("Greeting"), _("Instead of “Good morning, Ana. What do you need?”"), MOST_LINE),
    }
    rich = {
        "text": (_("Your own text"), _("On the first page; its place is chosen with the blocks.")),
        "sign_in": (_("Text at the sign-in"), _("For whoever is not signed in yet.")),
    }


class MailForm(PartForm):
    """Who mails come from, and what stands below them."""

    lines = {
        "sender": (
            _("Name of the sender"),
            _("Instead of the mailbox's name. The address stays the mailbox's."),
            MOST_NAME,
        )
    }
    rich = {"signature": (_("Signature"), _("Below every mail to requesters."))}


class OffersForm(forms.Form):
    """What may be chosen in the forms of the portal: everything, or these."""

    def __init__(self, *args: Any, content: BrandContent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.lists = []
        for key, offer in offers().items():
            rows = offer.rows()
            if not rows:
                continue
            chosen = getattr(content, key)
            fields[f"all_{key}"] = forms.BooleanField(
                required=False,
                initial=chosen is None,
                label=format_lazy("{}: {}", offer.title, _("everything, and what comes later")),
            )
            fields[key] = forms.MultipleChoiceField(
                required=False,
                choices=rows,
                initial=[row for row, _label in rows] if chosen is None else chosen,
                label=str(offer.title),
                help_text=str(offer.help),
                widget=Ticks,
            )
            self.lists.append(key)

    def said(self) -> dict[str, list[str] | None]:
        """Each list: what was chosen, or nothing for everything."""
        return {key: self._said_of(key) for key in self.lists}

    def _said_of(self, key: str) -> list[str] | None:
        """Whoever takes one out of everything has chosen; whoever ticks everything wants that, whatever stood below."""
        chosen: list[str] = self.cleaned_data[key]
        rows: Any = self.fields[key]
        left_out = bool(self.fields[f"all_{key}"].initial) and len(chosen) < len(rows.choices)
        return None if self.cleaned_data[f"all_{key}"] and not left_out else chosen


class PageForm(PartForm):
    """A page of one's own."""

    lines = {"title": (_("Title"), "", MOST_LINE)}
    rich = {"html": (_("Text"), "")}
    slug = forms.CharField(
        max_length=60, label=_("In its address"), help_text=_("Small letters, digits and hyphens: privacy-notice.")
    )
    place = forms.ChoiceField(label=_("Where it is linked"), choices=list(PLACES.items()), widget=forms.RadioSelect)
    public = forms.BooleanField(required=False, label=_("Whoever is not signed in may read it too"))
    field_order = ("title_es", "title_en", "slug", "html_es", "html_en", "place", "public")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)


class LinksForm(forms.Form):
    """The links at the foot: rows of a name in each language and an address, each with a `key` of its own for as long
    as the form is open. A row without anything is none."""

    def __init__(self, data: Any, *, links: Iterable[Any]) -> None:
        super().__init__(data)
        if data is None:
            typed = [(link.label.get("es", ""), link.label.get("en", ""), link.url) for link in links]
            typed += [("", "", "")] * _EMPTY_LINKS
        else:
            typed = list(zip(*(data.getlist(name) for name in ("label_es", "label_en", "url")), strict=False))
        keys = data.getlist("key") if data is not None else []
        self.rows = [
            {
                "key": key or str(number),
                "es": es[:MOST_NAME],
                "en": en[:MOST_NAME],
                "url": url[: MOST_ADDRESS + 1],
                "label": es or en or gettext("Link %(number)s") % {"number": number},
            }
            for number, (key, (es, en, url)) in enumerate(zip_longest(keys[: len(typed)], typed), start=1)
        ]

    def move(self, *, up: str, down: str) -> None:
        """Put one row a place further up or down; nothing of it is saved."""
        order = moved([row["key"] for row in self.rows], up=up, down=down)
        self.rows.sort(key=lambda row: order.index(row["key"]))
        self.rows = [row | {"moved": row["key"] in (up, down)} for row in self.rows]

    def said(self) -> list[dict[str, Any]]:
        """The links that were typed."""
        return [
            {"label": {code: row[code] for code in ("es", "en") if row[code].strip()}, "url": row["url"]}
            for row in self.rows
            if any(row[name].strip() for name in ("es", "en", "url"))
        ]


class SeeAsForm(forms.Form):
    """Whose eyes to look with."""

    email = forms.EmailField(label=_("E-mail address"), error_messages={"required": _("Write whose address.")})


def summary(content: BrandContent) -> dict[str, str]:
    """What each part says now, in a few words."""
    nothing = gettext("as the product comes")
    chosen = [str(offer.title) for key, offer in offers().items() if getattr(content, key) is not None]
    off = sum(not on for _key, on in content.blocks)
    return {
        "look": " · ".join(part for part in (content.accent, gettext("with logo") if content.logo else "") if part)
        or nothing,
        "texts": next(iter(content.welcome.values()), "")
        or (gettext("own text") if content.text or content.sign_in else nothing),
        "home": gettext("%(count)d blocks switched off") % {"count": off} if off else nothing,
        "pages": ", ".join(next(iter(page.title.values()), page.slug) for page in content.pages[:3])
        or gettext("None yet"),
        "offers": gettext("chosen: %(lists)s") % {"lists": ", ".join(chosen)} if chosen else gettext("everything"),
        "links": ", ".join(next(iter(link.label.values()), "") for link in content.links[:3]) or gettext("None yet"),
        "mail": next(iter(content.sender.values()), "") or nothing,
    }
