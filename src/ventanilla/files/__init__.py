"""Stored bytes: deduplicated blobs, uploads, signed addresses."""
