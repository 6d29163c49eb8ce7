"""Entry of the `gankeras` command: flags and help. What a command does is imported when it runs."""

import contextlib
import os
import pathlib
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import Annotated, Any

import typer

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Train GANs on scarce data and measure whether their samples help.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        typer.echo(f"gankeras {metadata.version('gankeras')}")
        raise typer.Exit()


@app.callback()
def gankeras(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Train GANs on scarce data and measure whether their samples help."""


def _from_home(path: Any) -> Any:
    """A path with its ~ written out, which shells leave alone in `--out=~/x`."""
    return None if path is None else type(path)(os.path.expanduser(path))


Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Decides every random choice.")]
DataDir = Annotated[
    pathlib.Path | None, typer.Option(help="Folder of prepared TFDS data.", callback=_from_home)
]


@app.command()
def demo(
    dataset: Annotated[
        str, typer.Option(help="digits (no download), or an image dataset's name in TFDS.")
    ] = "digits",
    per_class: Annotated[
        int | None,
        typer.Option(min=2, help="Real training images a class (5; 50 from TFDS)."),
    ] = None,
    data_dir: DataDir = None,
    download: Annotated[bool, typer.Option(help="Let TFDS download what is missing.")] = False,
    gan_steps: Annotated[
        int | None, typer.Option(min=1, help="Training steps of each GAN (by dataset).")
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        pathlib.Path, typer.Option(help="Where the results go.", callback=_from_home)
    ] = pathlib.Path("runs/demo"),
) -> None:
    """Train a GAN on a few images a class and measure whether its samples help a classifier.

    Writes a grid of samples, a report (JSON, Markdown, picture) and a SavedModel under --out. With
    the default dataset nothing is downloaded, and it takes under three minutes on two cores.
    """
    with _friendly_errors():
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import demo as command
        command.run(
            command.Settings(dataset, per_class, data_dir, download, gan_steps, seed), out=out
        )


Data = Annotated[
    str, typer.Argument(help="A folder with one subfolder a class, an .npz file, or a TFDS name.")
]
Source = Annotated[
    pathlib.Path, typer.Argument(help="A run (runs/NAME), a .keras file, or a SavedModel's folder.")
]


@app.command()
def train(
    data: Data,
    name: Annotated[str, typer.Option(help="The run is written to runs/NAME.")],
    recipe: Annotated[str, typer.Option(help="Which GAN.")] = "dcgan",
    steps: Annotated[int, typer.Option(min=1, help="Training steps.")] = 12_000,
    batch_size: Annotated[int, typer.Option(min=2, help="Images a step.")] = 64,
    flip: Annotated[bool, typer.Option(help="Mirrored images are as likely as others.")] = False,
    data_dir: DataDir = None,
    download: Annotated[bool, typer.Option(help="Let TFDS download what is missing.")] = False,
    seed: Seed = 0,
) -> None:
    """Train a GAN on your images: runs/NAME holds config, history, samples, model, SavedModel and card."""
    with _friendly_errors():
        if name.strip(". ") == "" or set(name) & set("/\\") or not name.isprintable():
            raise ValueError(
                "--name is that of a folder in runs/, such as cats: some letters or digits, without any slash. "
                f"Received: --name {name!r}."
            )
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import train as command
        settings = command.Settings(
            data, recipe, steps, batch_size, flip, _text(data_dir), download, seed
        )
        command.run(settings, pathlib.Path("runs") / name)


@app.command()
def sample(
    source: Source,
    out: Annotated[
        pathlib.Path, typer.Option(help="Folder of the PNG files.", callback=_from_home)
    ],
    num: Annotated[int, typer.Option(min=1, help="How many images.")] = 100,
    label: Annotated[str | None, typer.Option(help="A class, by name or id.")] = None,
    seed: Seed = 0,
) -> None:
    """Draw images and write them as PNG files that say they are synthetic."""
    with _friendly_errors():
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import sample as command
        command.run(source, num, label, seed, out)


@app.command()
def augment(
    data: Annotated[
        str, typer.Argument(help="Images by class (folder, .npz), or a table (.csv, .parquet).")
    ],
    out: Annotated[
        pathlib.Path,
        typer.Option(
            help="The file to write: .npz, .csv, .csv.gz or .parquet.", callback=_from_home
        ),
    ],
    source: Annotated[
        pathlib.Path | None,
        typer.Argument(
            help="A run, a .keras file, or a SavedModel's folder. Leave it out for a table, which trains its own."
        ),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="The column that says the class, for a table.")
    ] = None,
    ratio: Annotated[
        float | None,
        typer.Option(help="Synthetic share of the result, or its cap (0.3; tables 0.5)."),
    ] = None,
    sampling_strategy: Annotated[
        str | None,
        typer.Option(help='Balance classes: "not majority" (tables), "minority", "none" ...'),
    ] = None,
    plan: Annotated[
        bool, typer.Option(help="Choose how much to add on held-out rows; it may say none.")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Where a GAN is trained (100, of 30 steps at least)."),
    ] = None,
    seed: Seed = 0,
    data_dir: DataDir = None,
) -> None:
    """Write a training set with synthetic rows beneath the real ones, marked row by row, and a card beside it."""
    with _friendly_errors():
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import augment as command
        settings = command.Settings(
            data, source, target, ratio, sampling_strategy, plan, epochs, seed, _text(data_dir)
        )
        command.run(settings, out)


@app.command()
def export(
    source: Source,
    out: Annotated[
        pathlib.Path, typer.Option(help="Folder of all versions of the model.", callback=_from_home)
    ],
    description: Annotated[str | None, typer.Option(help="For the card.")] = None,
) -> None:
    """Write a SavedModel that TensorFlow Serving loads, with a card, as the next version."""
    with _friendly_errors():
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import export as command
        command.run(source, out, description)


Judged = Annotated[
    str,
    typer.Argument(
        help="A run, a .keras file, a SavedModel, or anybody's synthetic rows: a folder of pictures, .npz, .csv or .parquet."
    ),
]
Real = Annotated[
    str | None,
    typer.Argument(help="The real rows that it was made from. A run (runs/NAME) knows its own."),
]
Holdout = Annotated[
    str | None,
    typer.Option(
        help="Real rows that it was not made from (by default the test part of REAL).",
        callback=_from_home,
    ),
]
Labels = Annotated[bool, typer.Option(help="Use class ids where both sides have them.")]
Num = Annotated[int, typer.Option(min=20, help="Samples drawn of a source.")]
Out = Annotated[
    pathlib.Path | None,
    typer.Option(help="Folder of the results (runs/NAME-report).", callback=_from_home),
]
Features = Annotated[
    str | None,
    typer.Option(
        help="What rows are compared by, such as classifier or efficientnet_lite0 for images; a wrong name lists all."
    ),
]
Target = Annotated[
    str | None,
    typer.Option(help="The column that says the class (tables; a source knows its own)."),
]
Hidden = Annotated[
    list[str] | None,
    typer.Option(help="Columns that somebody may want to guess, with commas or repeated (tables)."),
]
Known = Annotated[
    list[str] | None,
    typer.Option(help="Columns that an outsider may know, with commas or repeated (tables)."),
]


@app.command()
def evaluate(
    synthetic: Judged,
    real: Real = None,
    holdout: Holdout = None,
    out: Out = None,
    labels: Labels = True,
    num: Num = 1000,
    features: Features = None,
    target: Target = None,
    hidden: Hidden = None,
    quasi_identifiers: Known = None,
    classifiers: Annotated[
        int, typer.Option(min=0, help="Classifiers of each arm; 0 trains none.")
    ] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each classifier.")] = 1000,
    ratio: Annotated[
        float | None,
        typer.Option(help="Synthetic share of what they are trained on (0.3; a file's own)."),
    ] = None,
    seed: Seed = 0,
    data_dir: DataDir = None,
) -> None:
    """Judge synthetic data: is it like the real data, does it help a classifier, does it leak? For anybody's generator.

    Writes report.html (one page, no network), report.md and report.json under --out.
    """
    with _friendly_errors():
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import evaluate as command
        settings = command.Settings(
            synthetic,
            real,
            holdout,
            labels,
            num,
            classifiers,
            steps,
            ratio,
            seed,
            features,
            _given(target, hidden, quasi_identifiers, data_dir),
        )
        command.run(settings, out)


@app.command()
def report(
    synthetic: Annotated[
        str, typer.Argument(help="A report.json or its folder; or what `evaluate` takes.")
    ],
    real: Real = None,
    holdout: Holdout = None,
    out: Out = None,
    labels: Labels = True,
    num: Num = 1000,
    features: Features = None,
    target: Target = None,
    hidden: Hidden = None,
    quasi_identifiers: Known = None,
    seed: Seed = 0,
    data_dir: DataDir = None,
) -> None:
    """Write the page of an earlier evaluation anew; of anything else, measure what takes no training and write that."""
    with _friendly_errors():
        with _quiet_import("loading TensorFlow"):
            from gankeras.cli import evaluate as parts
            from gankeras.cli import report as command
        options = _given(target, hidden, quasi_identifiers, data_dir)
        settings = parts.Settings(
            synthetic, real, holdout, labels, num, seed=seed, features=features, options=options
        )
        command.run(settings, out)


def _given(
    target: str | None,
    hidden: list[str] | None,
    quasi_identifiers: list[str] | None,
    data_dir: pathlib.Path | None,
) -> dict[str, str | list[str]]:
    """Those options that were given, by name."""
    options = {"target": target, "hidden": hidden, "quasi_identifiers": quasi_identifiers}
    options["data_dir"] = _text(data_dir)
    return {name: value for name, value in options.items() if value}


def _text(path: pathlib.Path | None) -> str | None:
    return None if path is None else str(path)


@contextlib.contextmanager
def _friendly_errors() -> Iterator[None]:
    """One paragraph instead of a traceback, for errors whose message is written for the user."""
    try:
        with _cleanup_when_terminated():
            yield
    except (ValueError, RuntimeError, OSError, ImportError) as error:
        if os.environ.get("GANKERAS_TRACEBACK"):
            raise
        told, term = f"gankeras: {error}", os.environ.get("TERM")
        plain = os.environ.get("NO_COLOR") or term == "dumb"
        typer.echo(told if plain else typer.style(told, "red"), err=True)
        typer.echo("(GANKERAS_TRACEBACK=1 shows where it happened.)", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.echo("\nStopped. Nothing was written.", err=True)
        raise typer.Exit(130) from None


@contextlib.contextmanager
def _cleanup_when_terminated() -> Iterator[None]:
    """SIGTERM (of `kill`, a time limit) and SIGHUP (of a closed terminal) raise, so that half-written folders go away."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only there may handlers be set
        return

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    earlier = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        if earlier[number] is not signal.SIG_IGN:  # as under `nohup`
            signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextlib.contextmanager
def _quiet_import(description: str) -> Iterator[None]:
    """Shows that something is loading, and holds back what TensorFlow's C++ logs meanwhile.

    The lines go straight to the file descriptor before any log level acts; they are shown if the import fails.
    """
    from rich.console import Console

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("NO_GCE_CHECK", "true")  # TFDS would look for a cloud machine first
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as log, Console().status(description):
        os.dup2(log.fileno(), 2)
        try:
            yield
        except Exception:  # shown and raised on; Ctrl-C alone is no fault to show lines of
            log.seek(0)
            os.write(kept, log.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
