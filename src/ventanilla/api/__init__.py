"""REST API: root, tokens, errors, OpenAPI."""
