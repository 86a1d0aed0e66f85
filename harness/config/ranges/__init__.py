"""Entries of `space`: ranges, choices and conditions become the search space of a cell."""
