"""A disk that is full: no file of this process may grow beyond so many bytes meanwhile.

The system says so by an error of its own for every write, as it does where no room is left.
"""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_after(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    # Python 3.11 does not notice that the bytecode of a module was cut, and would read it again.
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = False
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
