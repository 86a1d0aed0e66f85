"""Trained models after their runs: saved, played and filmed."""
