"""The gate over HTTP: a router that any FastAPI host can mount, and an application around it.

Needs the extra `server`. Nothing here is loaded by the leaf or by another command.
"""

from coverage_gate.web.app import create_app
from coverage_gate.web.router import coverage_router

__all__ = ["coverage_router", "create_app"]
