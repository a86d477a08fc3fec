"""What an entity consists of, declared once: Spec, field kinds, conditions."""
