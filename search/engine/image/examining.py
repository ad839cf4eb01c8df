"""A network's file looked at in a process of its own; see `apart`.

python -m search.engine.image.examining FILE INPUT
"""

import sys
from pathlib import Path

from search.engine import apart
from search.engine.image import model

if __name__ == "__main__":
    apart.answer(lambda: model.examine(Path(sys.argv[1]), shown=sys.argv[2]))
