"""Documents: YAML text becomes a tree with positions, in layers, validated against the schema."""
