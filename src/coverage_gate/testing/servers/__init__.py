"""Servers on loopback that speak what Telegram, Plane and the forges document, for tests."""
