"""Contract suites that third-party scenarios and algorithms can run."""
