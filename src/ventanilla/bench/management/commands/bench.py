"""`ventanilla bench`: load a corpus, serve it, measure it over HTTP."""

import importlib.util
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ventanilla.bench.load import load
from ventanilla.bench.measure import Bench
from ventanilla.tickets.models import Ticket


class Command(BaseCommand):
    help = "Load a corpus into an empty installation and measure it over HTTP"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`[--tickets N] [--yardstick DIR] [--load-only] [--port N] [--seconds S] [--out FILE]`."""
        parser.add_argument("--tickets", type=int, default=10_000)
        parser.add_argument("--yardstick", type=Path, default=Path("../shared/bench"), help="corpus.py and loadgen.py")
        parser.add_argument("--load-only", action="store_true")
        parser.add_argument("--port", type=int, default=8765)
        parser.add_argument("--seconds", type=float, default=8.0, help="how long each measurement at 8 at once takes")
        parser.add_argument("--streams", type=int, default=0, help="only open this many browsers on one live process")
        parser.add_argument("--only", default="", help="only measurements whose name contains this")
        parser.add_argument("--out", type=Path, help="append the figures as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load unless there are tickets already, then measure."""
        corpus = _module(options["yardstick"], "corpus")
        loadgen = _module(options["yardstick"], "loadgen")
        if not Ticket.objects.exists():
            began = time.monotonic()
            load(corpus, options["tickets"], say=self.stdout.write)
            seconds = time.monotonic() - began
            self.stdout.write(f"loaded {options['tickets']} tickets in {seconds:.0f} s")
        if options["load_only"]:
            return
        bench = Bench(loadgen, corpus, port=options["port"], seconds=options["seconds"])
        figures = [bench.streams(options["streams"])] if options["streams"] else bench.run(only=options["only"])
        for figure in figures:
            line = json.dumps(figure, ensure_ascii=False)
            if "p50_ms" not in figure:  # those the load generator has said itself
                self.stdout.write(line)
            if options["out"]:
                with options["out"].open("a", encoding="utf-8") as file:
                    file.write(line + "\n")


def _module(folder: Path, name: str) -> ModuleType:
    path = folder / f"{name}.py"
    if not path.exists():
        raise CommandError(f"There is no {path}: name the yardstick's folder with --yardstick.")
    spec = importlib.util.spec_from_file_location(f"yardstick_{name}", path)
    if spec is None or spec.loader is None:
        raise CommandError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
