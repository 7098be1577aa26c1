"""Plan files as records, and what an edit changes in them, in the language of a plan."""
