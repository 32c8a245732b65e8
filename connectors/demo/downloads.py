"""The addresses of the demo: none until somebody makes one."""
