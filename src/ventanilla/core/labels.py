"""Labels in two languages: what administrators write once per language and readers see in theirs."""

from collections.abc import Mapping

LANGUAGES = ("es", "en")


def text_in(label: Mapping[str, str] | None, language: str) -> str:
    """The label in `language` (`es`, `en-GB`…), else in any language it has; empty for an empty label."""
    if not label:
        return ""
    return label.get(language[:2]) or next((text for text in label.values() if text), "")
