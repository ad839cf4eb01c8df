"""What can go wrong in the engine; every message says what to do about it."""


class EngineError(Exception):
    """Base of all errors that the engine raises on purpose."""


class EncodeError(EngineError):
    """An input that can't be encoded, such as a broken picture."""


class MixError(EngineError, ValueError):
    """Signal weights that can't be read or used."""


class DiskFull(EngineError, OSError):
    """No room for what is written; what was there before is as it was."""


class ArtifactError(EngineError):
    """A stored artefact that can't be used."""


class ArtifactCorrupt(ArtifactError):
    """An artefact that is damaged, incomplete or not what its digest says."""


# What numpy and our own code raise on arrays and facts that don't belong together.
DISAGREEMENTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)


class ArtifactIncompatible(ArtifactError):
    """An artefact of another kind or format version."""
