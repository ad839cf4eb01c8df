"""A user dictionary tried in a process of its own; see `apart`.

python -m search.engine.text.cutting FILE
"""

import sys
from pathlib import Path

from search.engine import apart
from search.engine.text import japanese

if __name__ == "__main__":
    apart.answer(lambda: japanese.tried(Path(sys.argv[1])))
