"""The YAML door: one file, validated with positions, becomes a Matrix."""
