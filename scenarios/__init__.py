"""First-party scenarios, reached only through the entry point `harness.scenarios`."""
