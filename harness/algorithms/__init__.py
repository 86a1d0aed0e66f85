"""One data file per algorithm: learner, capabilities, search space with sources."""
