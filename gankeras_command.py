"""The `gankeras` command, outside the package so that `--help` and `--version` answer at once.

Importing any module of the package imports TensorFlow first, because `import gankeras` registers
every class with Keras. So this file loads `gankeras/cli/main.py` by its path; a command imports the
package when it runs.
"""

import importlib.util
import pathlib
import sys


def main() -> None:
    """Runs the command line."""
    try:
        run()
    except KeyboardInterrupt:  # before the commands themselves look after it
        sys.stderr.write("\nStopped. Nothing was written.\n")
        sys.exit(130)


def run() -> None:
    """Loads the commands and runs the one that is asked for."""
    package = importlib.util.find_spec("gankeras")
    path = pathlib.Path(package.submodule_search_locations[0]) / "cli" / "main.py"
    spec = importlib.util.spec_from_file_location("gankeras_cli_main", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.app(prog_name="gankeras")


if __name__ == "__main__":
    main()
