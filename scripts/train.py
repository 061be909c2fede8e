"""Fine-tune a model: a Hydra app over the same function as `stance train`.

python scripts/train.py experiment=default data.root=FOLDER
"""

from __future__ import annotations

import sys

from stance.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["train"]
    main()
