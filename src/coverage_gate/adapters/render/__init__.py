"""Faces of a verdict: the report artefact, JSON, and text for a terminal. Nothing here writes."""
