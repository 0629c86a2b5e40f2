"""What judging reaches the outside with: one package for each port."""
