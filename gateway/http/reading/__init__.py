"""From bytes to requests: bodies, parameters, what a client accepts, where a request comes from."""
