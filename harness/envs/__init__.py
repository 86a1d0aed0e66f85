"""The gymnasium and pettingzoo door: make, wrap, guard, probe."""
