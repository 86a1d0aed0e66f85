"""The Optuna door: suggest in order, replay pruning on workers, keep a study for every cell.

Whoever needs a part imports its module: a worker only replays, and loads no database.
"""
