"""The demo's random passwords, kept where only the operator can read them so that every start can print them."""

from collections.abc import Sequence
from pathlib import Path


def sign_in_file(data: Path) -> Path:
    """Where they are kept."""
    return data / "demo-sign-ins.txt"


def keep_sign_ins(data: Path, sign_ins: Sequence[tuple[str, str, str]]) -> str:
    """Write (role, address, password) rows to a file readable by its owner alone (0600); returns the text."""
    width = max(len(address) for _role, address, _password in sign_ins)
    lines = ["Demo sign-ins (random for this installation; in demo mode no mail leaves):"]
    lines += [f"  {role:<16} {address:<{width}}  {password}" for role, address, password in sign_ins]
    text = "\n".join(lines) + "\n"
    path = sign_in_file(data)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return text
