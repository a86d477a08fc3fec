"""Writing an address or number in the one form under which it is stored and compared. Pure."""

import re

_EMAIL = re.compile(r"[^\s@<>\"',;:\\\x00-\x1f\x7f]{1,64}@[^\s@<>\"',;:\\\x00-\x1f\x7f]{1,190}")


def normal_email(address: str) -> str:
    """An address in lower case with its domain in IDNA (RFC 5891); empty when it is no address.

    The local part is lowered too: no provider in use tells `Ana@` from `ana@`, and two persons in one mailbox would.
    """
    found = _EMAIL.fullmatch(address.strip())
    if not found:
        return ""
    local, _, domain = found.group().rpartition("@")
    try:
        domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return f"{local}@{domain}".lower() if domain else ""


def normal_phone(number: str) -> str:
    """Digits with a leading plus if there was one; empty when there are fewer than three."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < 3:
        return ""
    return ("+" if number.strip().startswith("+") else "") + digits
