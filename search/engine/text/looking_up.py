"""Word vectors looked up in a fastText file in a process of its own; see `apart`.

python -m search.engine.text.looking_up FILE FOLDER < words, one a line
"""

import sys
from pathlib import Path

from search.engine import apart
from search.engine.text import pretrained

if __name__ == "__main__":
    words = sys.stdin.buffer.read().decode().split("\n")
    file, folder = map(Path, sys.argv[1:])
    apart.answer(lambda: pretrained.look_up(file, folder, words=words))
