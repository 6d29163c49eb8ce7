"""`python -m gankeras` is the command `gankeras`."""

from gankeras_command import main

if __name__ == "__main__":
    main()
