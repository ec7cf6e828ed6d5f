"""What of a schema the tables say, and what they do not: counts, a map, and rows for what is missing."""
