"""Full-text search with accents folded, words stemmed and audiences inside the index."""
