"""A table with a column of classes in a file, and such a file with synthetic rows beneath."""

import pathlib
import warnings
from typing import Any

import numpy as np

from gankeras.domain import DOMAINS, DataFile
from gankeras.tables.learners import boosting
from gankeras.tables.reading import SUFFIXES, need_parquet, read_table, suffix_of
from gankeras.tables.writing import MARK, write_table


class TableFile(DataFile):
    """A CSV or Parquet file of which one column says the class.

    Args:
        path: The file.
        target: The name of that column.
        data_dir: Not used: tables are files.

    Raises:
        ValueError: For a file that cannot be read, no such column, a row without a class, or a single class.
    """

    sampling_strategy = "not majority"
    ratio = 0.5

    def __init__(self, path: str, target: str | None = None, data_dir: str | None = None):
        self.table = read_table(pathlib.Path(path))
        frame = self.table.frame
        if target is None or target not in frame:
            raise ValueError(
                "--target must name the column that says the class. "
                f"Received: --target {target}, columns {list(frame.columns)}."
            )
        if MARK in frame:
            raise ValueError(
                f"{path} has a column {MARK!r} already: it holds synthetic rows, and real ones are needed. "
                f"Received: {len(frame)} rows."
            )
        missing = np.flatnonzero(frame[target].isna())
        if missing.size:
            raise ValueError(
                f"Column {target!r} must say the class of every row; drop the others. If the file says one of NA, None, "
                'null and nan there, it is read as missing: such a class needs another name, such as "none of them". '
                f"Received: {missing.size} of {len(frame)} rows without, the first in row {missing[0]}."
            )
        self.target, self.path = target, path
        # In the order in which a codec numbers them.
        values = sorted(frame[target].unique().tolist())
        if len(values) < 2:
            raise ValueError(
                f"Column {target!r} must have two classes or more. Received: {values} in all {len(frame)} rows."
            )
        self.class_names = tuple(str(value) for value in values)
        self.y = frame[target].map({value: i for i, value in enumerate(values)}).to_numpy(np.int32)
        self.x = frame.drop(columns=target)

    @staticmethod
    def reads(path: str) -> bool:
        return suffix_of(pathlib.Path(path)) is not None

    def check_out(self, out: pathlib.Path) -> None:
        if suffix_of(out) is None:
            raise ValueError(f"--out must end with {', '.join(SUFFIXES)}. Received: {out}.")
        if suffix_of(out) == ".parquet":
            need_parquet()
        if out.resolve() == pathlib.Path(self.path).resolve():
            raise ValueError(
                f"--out must be another file: the real table is not written over. Received: {out}."
            )

    def check_source(self, source: Any) -> None:
        spec = source.element_spec
        columns = set(spec) if isinstance(spec, dict) else set()
        found = sorted(columns) or f"{spec.dtype.name} of shape {tuple(spec.shape)}"
        names = set(source.class_names or ())
        self.left_out = tuple(name for name in self.x if name not in columns)
        is_other = self.target not in columns or columns - {*self.x, self.target}
        if is_other or not names >= set(self.class_names):
            raise ValueError(
                f"The source must draw the table's columns and its classes {list(self.class_names)} in column "
                f"{self.target!r}; train it on this table. Received: a source of {found}, classes {sorted(names)}."
            )

    def make_gan(self, x: Any, y: np.ndarray, seed: int) -> tuple[Any, Any]:
        domain = DOMAINS["tables"]
        frame = self.table.frame
        # Not by name alone: the dtype of the classes says what they are.
        first = [int(np.argmax(self.y == label)) for label in range(len(self.class_names))]
        classes = frame[self.target].iloc[first].reset_index(drop=True)
        frame = x.assign(**{self.target: classes.take(y).to_numpy()}).astype(
            {self.target: frame[self.target].dtype}
        )[list(frame)]
        with warnings.catch_warnings():
            # Said in `left_out`, once and for all splits.
            warnings.filterwarnings("ignore", message=".*tell every row apart.*")
            codec = domain.codec(target=self.target).adapt(frame)
        self.left_out = tuple(codec.dropped)
        if codec.class_names != self.class_names:
            raise ValueError(
                f"Column {self.target!r} does not read as classes; write them as words or whole numbers. "
                f"Received: {list(self.class_names)[:10]}, read as {list(codec.class_names)[:10]}."
            )
        gan = domain.recipes["ctgan"](codec, seed=seed)
        gan.compile()
        return gan, frame

    def make_classifier(self) -> Any:
        return boosting(self.x)

    def sample(self, source: Any, labels: np.ndarray, seed: int) -> Any:
        # A source numbers its classes as it likes.
        ids = np.array([source.class_names.index(name) for name in self.class_names], np.int32)
        return source.sample(len(labels), labels=ids[labels], seed=seed)

    def write(self, fresh: Any, labels: np.ndarray, path: pathlib.Path, out: pathlib.Path) -> None:
        write_table(self.table, fresh, path, out)
