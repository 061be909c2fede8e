"""`python -m stance`, which is also how torchrun starts it."""

from stance.cli import main

if __name__ == "__main__":
    main()
