"""Units for systemd: Ventanilla as a service with a user of its own, that sees nothing but what it needs."""

from dataclasses import dataclass
from pathlib import Path

_HARDENING = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077"""


@dataclass(frozen=True)
class Place:
    """Where Ventanilla stands on this computer, and who it is there."""

    program: Path
    data: Path
    settings: Path
    user: str
    host: str
    port: int


def units(place: Place, *, split: bool) -> dict[str, str]:
    """The text of every unit by its file name: one service, or with `split` each part of its own and a target."""
    if not split:
        more = f"--host {place.host} --port {place.port} --empty"
        return {"ventanilla.service": _service(place, "Ventanilla", f"serve {more}", target="multi-user.target")}
    found = {
        "ventanilla.target": "[Unit]\nDescription=Ventanilla, all parts\n"
        "Wants=ventanilla-pages.service ventanilla-live.service ventanilla-worker.service ventanilla-ticker.service\n"
        "\n[Install]\nWantedBy=multi-user.target\n",
        "ventanilla-upgrade.service": _upgrade(place),
    }
    ports = {"pages": place.port, "live": place.port + 1}
    for part in ("pages", "live", "worker", "ticker"):
        where = f" --host {place.host} --port {ports[part]}" if part in ports else ""
        found[f"ventanilla-{part}.service"] = _service(
            place, f"Ventanilla, {part}", f"serve --only {part}{where}", target="ventanilla.target", upgraded=True
        )
    return found


def settings_file(place: Place, url: str) -> str:
    """What `settings` holds at first: the variables of the operator's guide, for the units and for commands alike."""
    return (
        f"# Settings of Ventanilla; the operator's guide explains each. Restart the service after a change.\n"
        f"VENTANILLA_DATA={place.data}\n"
        f"{'' if url else '#'}VENTANILLA_URL={url or 'https://help.example.org'}\n"
        "#VENTANILLA_TRUSTED_PROXIES=127.0.0.1\n"
        "#DATABASE_URL=postgres:///ventanilla\n"
        "#REDIS_URL=redis://127.0.0.1:6379/0\n"
        "#VENTANILLA_QUEUE=redis\n"
    )


def _service(place: Place, about: str, command: str, *, target: str, upgraded: bool = False) -> str:
    needs = "\nRequires=ventanilla-upgrade.service\nPartOf=ventanilla.target" if upgraded else ""
    after = " ventanilla-upgrade.service" if upgraded else ""
    return (
        f"[Unit]\nDescription={about}\nWants=network-online.target\n"
        f"After=network-online.target postgresql.service redis-server.service{after}{needs}\n"
        f"\n[Service]\n{_who(place)}\nExecStart={place.program} {command}\n"
        f"Restart=always\nRestartSec=2\nKillMode=mixed\nTimeoutStopSec=15\n{_HARDENING}\n"
        f"\n[Install]\nWantedBy={target}\n"
    )


def _upgrade(place: Place) -> str:
    return (
        "[Unit]\nDescription=Ventanilla, database brought up to date\nPartOf=ventanilla.target\n"
        "After=network-online.target postgresql.service\n"
        f"\n[Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=infinity\n{_who(place)}\n"
        f"ExecStart={place.program} upgrade\n{_HARDENING}\n"
    )


def _who(place: Place) -> str:
    return (
        f"User={place.user}\nGroup={place.user}\nEnvironmentFile=-{place.settings}\n"
        f"Environment=VENTANILLA_DATA={place.data}\nWorkingDirectory={place.data}\nReadWritePaths={place.data}"
    )
