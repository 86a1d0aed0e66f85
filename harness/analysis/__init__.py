"""The pandas door: ledger -> score table -> tuned against default -> leaderboard."""
