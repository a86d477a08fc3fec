"""Where pytest finds the fixtures of all tests, and which tests share a worker when there are several."""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.plugin"]

# What starts whole installations shares them, and there is one Redis: each group is the work of one worker, and the
# largest begin first.
_GROUPS = {
    "copies": ("backup", "move", "upgrade"),
    "processes": ("bucket", "crashes", "doctor", "live", "operate", "serve", "service", "topology"),
}
_TOGETHER = {"tests/browser/": "browser"} | {
    f"tests/test_{name}.py": group for group, names in _GROUPS.items() for name in names
}


class Together(LoadScopeScheduling):
    """Hands out the tests of a group together and all others one by one."""

    def _split_scope(self, nodeid: str) -> str:
        groups = (group for beginning, group in _TOGETHER.items() if nodeid.startswith(beginning))
        return next(groups, nodeid)


def pytest_xdist_make_scheduler(config: Any, log: Any) -> Together:
    """The scheduler of `-n`."""
    return Together(config, log)
