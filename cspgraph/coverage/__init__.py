"""Coverage: which priorities of a framework the local plans serve, on what evidence, and whether it still holds."""
