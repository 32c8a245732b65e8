"""The query engine: it knows GraphQL and knows no school."""
