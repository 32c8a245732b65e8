"""What an operation costs, estimated before it runs and counted afterwards."""
