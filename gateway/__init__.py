"""One GraphQL graph over a school's subsystems."""
