"""One file per section of a page."""
