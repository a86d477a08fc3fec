"""What kind of mail this is and where it may go: an ordered tuple of tiny pure checks, the first verdict wins.

A screen never loses a mail. The worst it can say is "quarantine", where a person looks and releases.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from ventanilla.mail.headers import Address
from ventanilla.mail.parse import Mail

Kind = Literal[
    "accept",
    "own_test",
    "own_loop",
    "too_big",
    "blocked",
    "bounce",
    "rate_limited",
    "auto_reply",
    "receipt",
    "list",
    "machine",
]
Destination = Literal["deliver", "quarantine", "attach_quietly", "discard"]

INSTALLATION_HEADER = "X-Ventanilla-Installation"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the store knows that a verdict needs; the caller fills it in.

    `own_addresses`, `blocked`, `allowed`: lower case; the last two hold addresses or domains ("example.org" counts
    for its subdomains too). `own_domains`: domains of our Message-IDs. `installation`: what we write into
    `X-Ventanilla-Installation`. `test_token`: the genuine token of a test mail to its own mailbox. `sent_last_hour`:
    mails of this sender in the last 3,600 seconds, this one not counted.
    """

    own_addresses: frozenset[str] = frozenset()
    own_domains: frozenset[str] = frozenset()
    installation: str = ""
    test_token: str = ""
    blocked: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    own_lists: frozenset[str] = frozenset()
    sent_last_hour: int = 0
    per_sender_limit: int = 60
    max_bytes: int = 26_214_400
    list_destination: Destination = "deliver"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome. `automatic`: never answer this mail by machine. `reason`: a key and what its sentence is filled
    with.

    `attach_quietly`: may be added to the ticket it is about, changes no status, opens no ticket.
    """

    kind: Kind
    destination: Destination
    automatic: bool
    reason: str
    data: dict[str, str] = field(default_factory=dict)


Screen = Callable[[Mail, Facts], Verdict | None]


def own_test(mail: Mail, facts: Facts) -> Verdict | None:
    """The mailbox doctor's test mail, arrived: it has done its work."""
    return Verdict("own_test", "discard", True, "own_test", {"token": facts.test_token}) if facts.test_token else None


def own_loop(mail: Mail, facts: Facts) -> Verdict | None:
    """Our own mail come back: our installation's mark, or one of our addresses as its author."""
    mark = mail.header(INSTALLATION_HEADER).strip()
    if mark and mark == facts.installation:
        return Verdict("own_loop", "quarantine", True, "own_mark", {"installation": mark})
    ours = mail.from_.key in facts.own_addresses
    own_id = mail.message_id.rstrip(">").rpartition("@")[2].lower() in facts.own_domains
    if ours and own_id:
        return Verdict("own_loop", "quarantine", True, "own_message_id", {"address": mail.from_.address})
    if ours:
        return Verdict("own_loop", "quarantine", True, "own_address", {"address": mail.from_.address})
    return None


def too_big(mail: Mail, facts: Facts) -> Verdict | None:
    """More bytes than are taken in."""
    if mail.size <= facts.max_bytes:
        return None
    data = {"bytes": str(mail.size), "limit": str(facts.max_bytes)}
    return Verdict("too_big", "quarantine", is_automatic(mail), "too_big", data)


def blocked(mail: Mail, facts: Facts) -> Verdict | None:
    """A sender that was blocked, by address or domain; an allowed address wins over a blocked domain."""
    for address in _senders(mail):
        hit = _listed(address, facts.blocked)
        if hit and not (address.key in facts.allowed or (address.key != hit and _listed(address, facts.allowed))):
            return Verdict(
                "blocked", "quarantine", is_automatic(mail), "blocked", {"entry": hit, "address": address.address}
            )
    return None


def bounce(mail: Mail, facts: Facts) -> Verdict | None:
    """A delivery report (RFC 3464 or what servers send in its place)."""
    if mail.report is None or mail.report.kind != "dsn":
        return None
    failed = ", ".join(recipient.address for recipient in mail.report.recipients[:5])
    data = {"recipients": failed, "message_id": mail.report.original_message_id}
    return Verdict("bounce", "attach_quietly", True, "delivery_report", data)


def rate_limited(mail: Mail, facts: Facts) -> Verdict | None:
    """More mails in an hour than a person writes."""
    if facts.sent_last_hour < facts.per_sender_limit or _listed(mail.from_, facts.allowed):
        return None
    data = {"address": mail.from_.address, "count": str(facts.sent_last_hour), "limit": str(facts.per_sender_limit)}
    return Verdict("rate_limited", "quarantine", is_automatic(mail), "rate_limited", data)


def receipt(mail: Mail, facts: Facts) -> Verdict | None:
    """A read receipt (RFC 8098)."""
    if mail.report is not None and mail.report.kind == "mdn":
        return Verdict(
            "receipt", "attach_quietly", True, "read_receipt", {"message_id": mail.report.original_message_id}
        )
    return None


def auto_reply(mail: Mail, facts: Facts) -> Verdict | None:
    """An answer written by a machine: out of office, vacation, "we have received your mail" (RFC 3834)."""
    sign = _auto_reply_sign(mail)
    return Verdict("auto_reply", "attach_quietly", True, "auto_reply", {"sign": sign}) if sign else None


def mailing_list(mail: Mail, facts: Facts) -> Verdict | None:
    """Mail from a list (RFC 2369, RFC 2919), unless the list is one of our own distribution addresses."""
    identifier = _list_id(mail)
    if not identifier or _own_list(identifier, mail, facts):
        return None
    destination = "deliver" if _listed(mail.from_, facts.allowed) else facts.list_destination
    return Verdict("list", destination, True, "list", {"list": identifier})


def machine(mail: Mail, facts: Facts) -> Verdict | None:
    """Written by a program that is no answer (an alarm, a scanner, a newsletter): delivered, never answered."""
    sign = _machine_sign(mail, own_list=bool(_list_id(mail)))
    return Verdict("machine", "deliver", True, "machine", {"sign": sign}) if sign else None


SCREENS: tuple[Screen, ...] = (
    own_test,
    own_loop,
    too_big,
    blocked,
    bounce,
    rate_limited,
    receipt,
    auto_reply,
    mailing_list,
    machine,
)


def screen(mail: Mail, facts: Facts) -> Verdict:
    """The verdict of the first of `SCREENS` that has one; a mail that none stops is accepted and delivered. Pure."""
    for check in SCREENS:
        verdict = check(mail, facts)
        if verdict:
            return verdict
    return Verdict("accept", "deliver", False, "accepted")


def is_automatic(mail: Mail) -> bool:
    """Whether a machine wrote this mail, so that a machine must not answer it (RFC 3834 section 2)."""
    return bool(
        mail.report is not None or _auto_reply_sign(mail) or _list_id(mail) or _machine_sign(mail, own_list=False)
    )


# --- Signs ------------------------------------------------------------

# What only machines write, before a colon or as the whole subject.
_SURE_SUBJECT = re.compile(
    r"(?i)^\s*(?:\[?(?:automatic reply|auto[- ]?reply|autoreply|auto[- ]?response|autoresponse|"
    r"automated (?:reply|response)|"
    r"respuesta autom[aá]tica|contestaci[oó]n autom[aá]tica|resposta autom[aà]tica|resposta automática|autorrespuesta|"
    r"automatische (?:antwort|abwesenheitsnotiz)|abwesenheits(?:notiz|nachricht|assistent)|abwesenheit|"
    r"r[ée]ponse automatique|risposta automatica|automatisch antwoord)\]?)\s*(?:[:–—-]|$)"
)
# What a person might write as well: believed only of a mail that answers another one.
_LIKELY_SUBJECT = re.compile(
    r"(?i)^\s*(?:out of (?:the )?office|ooo|away from (?:the |my )?office|on (?:vacation|holiday|leave)|vacation|"
    r"fuera de (?:la )?oficina|fuera del despacho|ausencia|ausente(?: de la oficina)?|estoy (?:ausente|"
    r"de vacaciones|fuera)|"
    r"de vacaciones|mensaje de ausencia|aviso de ausencia|fora de l'oficina|nicht im (?:b[üu]ro|haus)|"
    r"au[ßs]er haus|im urlaub|ich bin (?:nicht|im)|absence du bureau|hors du bureau)\b[^:]{0,60}(?::|$|\()"
)
_ANSWERS = re.compile(r"(?i)(?:\b(?:re|aw|sv|rv|fw|fwd|antw)\s*:|\[#?[a-z]{1,10}-\d{1,12}\])")


def _auto_reply_sign(mail: Mail) -> str:
    submitted = _keyword(mail.header("Auto-Submitted"))
    if submitted in ("auto-replied", "auto-notified"):
        return f"Auto-Submitted: {submitted}"
    for name in ("X-Autoreply", "X-Autorespond", "X-AutoReply-From", "X-Mail-Autoreply", "X-Autoresponder"):
        value = mail.header(name).strip().lower()
        if value and value not in ("no", "false", "0"):
            return name
    if mail.header("X-Autogenerated").strip().lower() in ("reply", "group"):
        return "X-Autogenerated"
    if (
        "autoresponder" in mail.header("X-POST-MessageClass").lower()
        or "autoresponder" in mail.header("Delivered-To").lower()
    ):
        return "Autoresponder"
    if _keyword(mail.header("Precedence")) in ("auto_reply", "auto-reply", "autoreply"):
        return "Precedence"
    answers = bool(mail.in_reply_to or mail.references)
    if (
        submitted == "auto-generated"
        and answers
        and (_SURE_SUBJECT.match(mail.subject) or _LIKELY_SUBJECT.match(mail.subject))
    ):
        return "Auto-Submitted: auto-generated"
    if _SURE_SUBJECT.match(mail.subject):
        return "subject"
    if _LIKELY_SUBJECT.match(mail.subject):
        suppressed = bool(_keyword(mail.header("X-Auto-Response-Suppress")))
        hinted = mail.return_path == "" or suppressed or submitted not in ("", "no") or _bulk(mail)
        if hinted or _ANSWERS.search(mail.subject):
            return "subject"
        if answers and not mail.subject.lower().startswith(("re:", "aw:")):
            return "subject"
    if mail.return_path == "" and answers:
        return "Return-Path: <>"
    return ""


def _machine_sign(mail: Mail, *, own_list: bool) -> str:
    submitted = _keyword(mail.header("Auto-Submitted"))
    if submitted not in ("", "no"):
        return f"Auto-Submitted: {submitted}"
    # A distribution list of our own marks everything, people's mail too.
    if not own_list and _bulk(mail):
        return "Precedence"
    if not own_list and mail.header("List-Unsubscribe"):
        return "List-Unsubscribe"
    suppress = mail.header("X-Auto-Response-Suppress").lower()
    if any(word in suppress for word in ("all", "autoreply", "oof")):
        return "X-Auto-Response-Suppress"
    if mail.return_path == "":
        return "Return-Path: <>"
    if mail.report is not None:
        return "report"
    local = mail.from_.address.rpartition("@")[0].lower()
    if re.fullmatch(r"(?:mailer-daemon|no[-_.]?reply|do[-_.]?not[-_.]?reply|no[-_.]?responder)(?:[+_.-].*)?", local):
        return "sender"
    return ""


def _bulk(mail: Mail) -> bool:
    return _keyword(mail.header("Precedence")) in ("bulk", "junk", "list")


def _keyword(value: str) -> str:
    """The first word of a structured value in lower case: parameters and comments (RFC 3834 section 5) left out."""
    return re.split(r"[;(\s]", value.strip(), maxsplit=1)[0].lower()


def _list_id(mail: Mail) -> str:
    """The identifier of the list a mail came through, or "". A lone List-Unsubscribe is a newsletter's, not a
    list's."""
    identifier = mail.header("List-Id").strip()
    if identifier:
        inner = re.search(r"<([^<>\s]{1,255})>", identifier)
        return (inner.group(1) if inner else identifier)[:255].lower()
    post = re.search(r"(?i)<mailto:([^<>?\s]{1,320})", mail.header("List-Post"))
    return post.group(1).lower() if post else ""


def _own_list(identifier: str, mail: Mail, facts: Facts) -> bool:
    """A list that stands for one of our addresses: a group "soporte@example.org" has the List-Id
    "soporte.example.org"."""
    if identifier in facts.own_lists or identifier in facts.own_addresses:
        return True
    post = re.search(r"(?i)<mailto:([^<>?\s]{1,320})", mail.header("List-Post"))
    if post and post.group(1).lower() in facts.own_addresses | facts.own_lists:
        return True
    return any(identifier == address.replace("@", ".") for address in facts.own_addresses)


def _senders(mail: Mail) -> Iterator[Address]:
    yield mail.from_
    for address in mail.from_all:
        if address != mail.from_:
            yield address
    if mail.return_path:
        yield Address("", mail.return_path)


def _listed(address: Address, entries: Collection[str]) -> str:
    """The entry that covers an address: itself, its domain or a domain above; "" when none does."""
    if not address.address or not entries:
        return ""
    if address.key in entries:
        return address.key
    labels = address.domain.lower().split(".")
    for start in range(len(labels)):
        domain = ".".join(labels[start:])
        for entry in (domain, f"@{domain}") if start == 0 else (domain,):
            if entry in entries:
                return entry
    return ""


# --- Authentication ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Auth:
    """What our own border server found (RFC 8601): results in lower case, "none" where it says nothing.

    `spf_domain` and `dkim_domains` are the domains that passed; `from_domain` the domain the reader sees.
    """

    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"
    spf_domain: str = ""
    dkim_domains: tuple[str, ...] = ()
    from_domain: str = ""

    @property
    def trusted(self) -> bool:
        """Whether the author's domain is proven: DMARC passed, or, where no DMARC was judged, an aligned SPF or DKIM
        pass."""
        if not self.from_domain:
            return False
        if self.dmarc != "none":
            return self.dmarc == "pass"
        proven = (*self.dkim_domains, *([self.spf_domain] if self.spf == "pass" else []))
        return any(
            self.from_domain == domain or self.from_domain.endswith(f".{domain}") for domain in proven if "." in domain
        )


def authentication(mail: Mail, trusted_hosts: Iterable[str]) -> Auth:
    """The topmost Authentication-Results of a host in `trusted_hosts`; everything else in the mail is the sender's
    own claim.

    A mail with several authors proves nothing (its reader cannot tell whom the result is about) and gives an empty
    `Auth`.
    """
    hosts = {host.lower().rstrip(".") for host in trusted_hosts}
    if len(mail.from_all) != 1 or not mail.from_all[0].address or "several_from" in mail.defects:
        return Auth()
    author = mail.from_all[0].domain.lower()
    for value in mail.all_headers("Authentication-Results"):
        head, *rest = _statements(value)
        host = head.split()[0].lower().rstrip(".") if head.split() else ""
        if host in hosts:
            return _results(rest, author)
    return Auth(from_domain=author)


def _results(statements: Iterable[str], author: str) -> Auth:
    spf = dkim = dmarc = "none"
    spf_domain, dkim_domains = "", []
    for statement in statements:
        words = statement.split()
        method, equals, result = words[0].partition("=") if words else ("", "", "")
        method, result = method.partition("/")[0].lower(), result.lower()
        if not equals:
            continue
        found = {name.lower(): said for name, _, said in (word.partition("=") for word in words[1:])}
        if method == "spf" and spf == "none":
            spf = result
            spf_domain = found.get("smtp.mailfrom", found.get("smtp.helo", "")).rpartition("@")[2].lower()
        elif method == "dkim":
            domain = (found.get("header.d") or found.get("header.i", "").rpartition("@")[2]).lower()
            if result == "pass" and domain:
                dkim_domains.append(domain)
            dkim = "pass" if "pass" in (dkim, result) else result
        elif method == "dmarc" and dmarc == "none":
            dmarc = result
            about = found.get("header.from", author).rpartition("@")[2].lower()
            if dmarc == "pass" and about != author:
                dmarc = "fail"
    return Auth(spf, dkim, dmarc, spf_domain, tuple(dkim_domains), author)


def _statements(value: str) -> list[str]:
    """The pieces between semicolons, comments left out, quotes taken off; spaces around "=" closed up."""
    out: list[list[str]] = [[]]
    depth, quoted, escaped = 0, False, False
    for character in value[:16_384]:
        if escaped:
            escaped = False
            if not depth:
                out[-1].append("_" if character.isspace() or character in ";=" else character)
        elif character == "\\" and (quoted or depth):
            escaped = True
        elif depth:
            depth += (character == "(") - (character == ")")
        elif character == '"':
            quoted = not quoted
        elif quoted:
            # What is quoted can hold no structure: "x; dmarc=pass" in a name must not become a result.
            out[-1].append("_" if character.isspace() or character in ";=" else character)
        elif character == "(":
            depth = 1
            out[-1].append(" ")
        elif character == ";":
            out.append([])
        else:
            out[-1].append(character)
    return [re.sub(r"\s*=\s*", "=", "".join(piece)).strip() for piece in out]
