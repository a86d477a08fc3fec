"""S/MIME that is signed and not encrypted (RFC 8551, 3.5.2): the mail that lies inside the signature.

Only opened, never believed: no signature is checked here, and nothing that is found counts as proven.
"""

from typing import TYPE_CHECKING

from ventanilla.core.late import Late
from ventanilla.mail.mime import Bounds, Leaf, Split, split

if TYPE_CHECKING:
    from asn1crypto import cms
else:
    cms = Late("asn1crypto.cms")

TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
# Signed, encrypted and signed again is a practice (RFC 2634); more layers than these nobody sends.
MOST_LAYERS = 3


def is_opaque(leaf: Leaf) -> bool:
    """Whether a part is an S/MIME body. Gateways that do not know the type leave only the name (RFC 8551, 3.2.1)."""
    return leaf.content_type in TYPES or (
        leaf.content_type == "application/octet-stream" and leaf.filename.lower().endswith(".p7m")
    )


def signed_content(body: bytes) -> bytes | None:
    """What is signed in `body`, a CMS SignedData (RFC 5652) in DER or BER; `None` for anything else.

    Never raises; time and memory linear in the length of `body`. The library follows ten levels of nesting at most.
    """
    try:
        outer = cms.ContentInfo.load(body)
        if outer["content_type"].native != "signed_data":
            return None
        inner = outer["content"]["encap_content_info"]
        if inner["content_type"].native != "data" or inner["content"].native is None:
            return None
        return bytes(inner["content"])
    except Exception:  # noqa: BLE001 - the library reads what an attacker wrote, and raises whatever comes of it
        return None


def opened(taken: Split, bounds: Bounds) -> list[tuple[Leaf, bool]]:
    """The leaves of a mail in order, each with whether it was opened: then what was signed in it follows it.

    The defects of what was signed are added to those of the mail.
    """
    found: list[tuple[Leaf, bool]] = []
    alternatives = max((leaf.alternative for leaf in taken.leaves), default=0)
    waiting = [(leaf, 0) for leaf in reversed(taken.leaves)]
    while waiting:
        leaf, layer = waiting.pop()
        content = signed_content(leaf.content) if layer < MOST_LAYERS and is_opaque(leaf) else None
        found.append((leaf, content is not None))
        if content is None:
            continue
        within = split(content, bounds)
        taken.defects |= within.defects
        for part in within.leaves:
            if part.alternative:  # a number of their own: alternatives of another mail are other ones
                part.alternative += alternatives
        alternatives = max((alternatives, *(part.alternative for part in within.leaves)))
        waiting += [(part, layer + 1) for part in reversed(within.leaves)]
    return found
