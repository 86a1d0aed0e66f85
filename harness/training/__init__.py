"""The torch and stable-baselines3 door: train and evaluate one unit."""
