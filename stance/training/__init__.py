"""Fine-tuning: the Hugging Face Trainer adapted to stance examples. Inference never imports this package."""
