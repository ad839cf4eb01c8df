"""The map of the catalogue: made after a build, kept beside it, seen as far as each may."""
