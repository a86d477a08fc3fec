"""The first run of an empty installation: a one-time code from the console, five questions, a first ticket."""
