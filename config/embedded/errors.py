"""What goes wrong with embedded services, said so that its reader knows what to do."""


class EmbeddedError(Exception):
    """The services of a data directory can't run; the message names the remedy."""


class StartError(EmbeddedError):
    """A program ended, or stayed silent, before it was ready."""


class InUseError(EmbeddedError):
    """Another command holds the data directory in a way that excludes this one."""
