"""Judge predictions against gold: `stance evaluate` as a script.

python scripts/evaluate.py rows.jsonl --report DIR
"""

from __future__ import annotations

import sys

from stance.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["evaluate"]
    main()
