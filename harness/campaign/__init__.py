"""The only composition root."""
