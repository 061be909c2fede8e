"""Score many articles: `stance batch` with its options given as Hydra overrides of `configs/batch/config.yaml`.

python scripts/predict.py sources=[articles.jsonl] output_dir=out/job positions=positions.yaml
"""

from __future__ import annotations

import sys

from stance.cli import main

if __name__ == "__main__":
    sys.argv[1:1] = ["batch-config"]
    main()
