"""Short-lived caches, in the process and in Redis, of reads whose answers do not depend on the viewer."""
