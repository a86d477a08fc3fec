"""The append-only log that everything reads, the hand-over to background work, the ticker and the doorbell."""
