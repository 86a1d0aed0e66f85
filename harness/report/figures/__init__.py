"""One file per figure: a pure info function that computes, and one that draws the info.

Colours are written as ``@name``; the page puts the theme's colour in their place.
"""
