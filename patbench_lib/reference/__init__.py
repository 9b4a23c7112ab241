"""Numbers to hold a run against, as data: where each comes from, and the protocol that computes it."""
