"""Where pytest finds the fixtures of all tests."""

pytest_plugins = ["tests.plugin"]
