"""Git repositories, read by plumbing from a private git folder. See ADR 0004."""
