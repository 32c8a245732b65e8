"""From the text of a document to an operation that a role may run."""
