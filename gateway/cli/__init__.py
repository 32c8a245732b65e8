"""The command line, `school-gateway`: one module a command."""

from gateway.cli.main import main

__all__ = ["main"]
