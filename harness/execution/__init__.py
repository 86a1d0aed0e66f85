"""Units on any concurrent.futures executor: local processes, interrupts, timeouts."""
