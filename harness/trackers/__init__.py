"""Trackers of experiments as listeners of a campaign: MLflow, Weights & Biases, TensorBoard.

Each is one file that writes runs to one tool; `tracked_runs` decides which runs and when, so that
a campaign that was killed and goes on logs each of them once.
"""
