"""Contract suites that third-party scenarios, algorithms and executors can run."""
