"""Parsing with a fence around it: large mails are parsed in a child process with limits on memory and time."""

import pickle
import resource
import subprocess
import sys

import structlog

from ventanilla.mail.parse import Mail, Part, parse

log = structlog.get_logger("ventanilla.mail")

OWN_PROCESS_ABOVE_BYTES = 1024 * 1024
MEMORY_BYTES = 1536 * 1024 * 1024
SECONDS = 60


def parse_bounded(raw: bytes) -> Mail:
    """The mail, whatever the bytes. Above 1 MB a child does it; should that exceed its limits, the raw source stays."""
    if len(raw) <= OWN_PROCESS_ABOVE_BYTES:
        return parse(raw)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ventanilla.mail.parsing"],
            input=raw,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        mail = pickle.loads(done.stdout)  # noqa: S301 - written by our own child, read from its pipe
    except (subprocess.SubprocessError, pickle.UnpicklingError, EOFError, MemoryError) as error:
        log.warning("mail exceeded the limits of parsing", size=len(raw), error=repr(error)[:200])
        return Mail(parts=(Part("message.eml", "message/rfc822", raw),), defects=("over_limits",), size=len(raw))
    if not isinstance(mail, Mail):
        raise TypeError("the parser's child answered with something else")
    return mail


def _main() -> None:
    """The child: bytes in, pickled `Mail` out."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    sys.stdout.buffer.write(pickle.dumps(parse(sys.stdin.buffer.read())))


if __name__ == "__main__":
    _main()
