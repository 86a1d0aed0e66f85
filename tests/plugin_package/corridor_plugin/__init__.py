"""What somebody else's package looks like: one environment, one scenario, one algorithm."""
