"""Where administrators shape the help desk without programming."""
