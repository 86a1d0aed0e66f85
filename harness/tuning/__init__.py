"""The Optuna door: suggest in order, replay pruning, project the study."""
