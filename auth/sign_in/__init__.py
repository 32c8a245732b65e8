"""Signing in from a browser: OpenID Connect with several providers, and sessions in Redis."""
