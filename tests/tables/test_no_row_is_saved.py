"""A saved model, in any of its files, holds no training row: distinctive values are planted and looked for."""

import io
import json
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest

import gankeras
from gankeras.tables import CTGAN, TableCodec


def secret_table(rows=300):
    rng = np.random.default_rng(0)
    income = np.round(rng.normal(50_000, 9_000, rows), 2)
    income[17] = 98_765_432.25
    city = rng.choice(["Oslo", "Rome"], rows).astype(object)
    city[17] = "Xanadu-of-one"
    day = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), "D")
    day = pd.Series(day)
    day[17] = pd.Timestamp("2093-11-23 07:09:11")
    mail = [f"secret{i:04d}@example.org" for i in range(rows)]
    return pd.DataFrame({"income": income, "city": city, "day": day, "mail": mail})


def bytes_under(path):
    """All bytes of a file or folder; what is packed, unpacked."""
    found = {}
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        data = file.read_bytes()
        found[str(file)] = data
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found |= {f"{file}:{n}": archive.read(n) for n in archive.namelist()}
    return found


def test_a_saved_codec_holds_no_row(tmp_path):
    table = secret_table()
    with pytest.warns(UserWarning, match="mail"):
        codec = TableCodec().adapt(table)
    text = keras.saving.serialize_keras_object(codec)
    (tmp_path / "codec.json").write_text(json.dumps(text))
    data = b"".join(bytes_under(tmp_path).values())
    assert b"Rome" in data  # the scan can find what is there
    for secret in (b"Xanadu", b"secret0", b"98765432", b"9876543", b"2093"):
        assert secret not in data
    columns = {c.name: c for c in codec.columns}
    # No number of the odd row: neither as a limit nor as the mean of a mode.
    income, day = columns["income"], columns["day"]
    assert 98_765_432.25 not in [*income.means, *income.points, income.low, income.high]
    odd = (table["day"][17] - pd.Timestamp(0)) // pd.Timedelta("1us")
    assert not np.isclose(np.array([day.low, day.high]) * day.step + day.origin, odd).any()


def test_a_trained_model_holds_no_row(tmp_path):
    table = secret_table()
    with pytest.warns(UserWarning, match="mail"):
        codec = TableCodec(target="city", types={"city": "categorical"}).adapt(table.drop(index=17))
    gan = CTGAN(codec, latent_dim=4, generator_widths=(8,), discriminator_widths=(8,), pac=2)
    gan.compile()
    gan.fit(table.drop(index=17), batch_size=50, epochs=1, verbose=0)
    gan.save(tmp_path / "gan.keras")
    gankeras.export(gan, tmp_path / "model")
    gankeras.augmentation.draw_bank(gan, 40).save(tmp_path / "bank")
    files = bytes_under(tmp_path)
    assert any(name.endswith("saved_model.pb") for name in files)
    assert any(name.endswith("config.json") for name in files)
    assert any("bank" in name for name in files)
    data = b"".join(files.values())
    assert b"Oslo" in data
    assert b"secret0" not in data
    # Numbers as the machine holds them: nearly all rows have an income of their own.
    rows = table.drop(index=17)["income"].to_numpy()
    for dtype in ("<f8", "<f4"):
        found = sum(value.tobytes() in data for value in rows[:60].astype(dtype))
        # Four bytes are met by chance among some hundred thousand; eight are not.
        assert found <= (0 if dtype == "<f8" else 3)
    assert not any(f"{value:.2f}".encode() in data for value in rows)
