"""Configurations and words that come from other tools, files and campaigns."""
