"""Whole campaigns, against one another and over time."""
