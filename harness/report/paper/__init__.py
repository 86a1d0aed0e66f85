"""What a paper takes of a campaign: figures, LaTeX, references and scores, in one folder.

Everything is made of the values that the pages show; nothing is computed here. `folder.py` writes
it, `panels.py` and `drawing.py` are the matplotlib door.
"""
