"""What a paper takes of a campaign: figures, LaTeX, references and scores, in one folder.

Everything is made of the values that the pages show; nothing is computed here. `paper_folder`
writes it, `panel_drawing` and `trace_drawing` are the matplotlib door.
"""
