"""The part of an address that names a section."""

from typing import Any

from ventanilla.fields.sections import Section, shown_sections


class SectionInPath:
    """A section's key in an address; nothing else matches, so other pages may stand beside."""

    regex = "[a-z][a-z0-9-]*"

    def to_python(self, value: str) -> Section[Any]:
        """The section of this key; `ValueError` (no such address) for any other."""
        found = shown_sections().get(value)
        if found is None:
            raise ValueError(value)
        return found

    def to_url(self, value: object) -> str:
        """A section, or its key, as it stands in the address."""
        return value.key if isinstance(value, Section) else str(value)
