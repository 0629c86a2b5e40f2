"""Public builders and fakes for the tests of hosts and of this project."""
