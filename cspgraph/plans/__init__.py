"""Plan files: YAML in, entities and quads out, the line of every node remembered."""
