"""The map in the admin, for whoever works for a shop: the plane, misfits and repeats."""
