"""What is decided between rungs: winners, held-out seeds, transfers, what a cell runs next."""
