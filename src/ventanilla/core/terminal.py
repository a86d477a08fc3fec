"""Who asks at a terminal."""

import os


def callers_language() -> str:
    """The language of the terminal, `es` or `en`, in the order in which GNU gettext looks for it."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "es" if os.environ[name].startswith("es") else "en"
    return "en"
