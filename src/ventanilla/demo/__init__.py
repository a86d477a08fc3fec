"""A believable company to try Ventanilla with: made by calling the actions with past dates, wiped by one command."""
