"""Libraries that few requests need, loaded with the first of them: every process would hold them for nothing.

Only where the memory was measured and stands in docs/performance.md. Types are told by an import that is read by type
checkers alone:

    if TYPE_CHECKING:
        import httpx
    else:
        httpx = Late("httpx")
"""

from importlib import import_module
from typing import Any


class Late:
    """A module by its full name; what is asked of it is asked of the module, which is loaded then. Safe in threads."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
