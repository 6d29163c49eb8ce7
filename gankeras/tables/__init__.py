"""Tables: the codec, the recipes, and what they are made of."""

from gankeras.domain import Domain
from gankeras.tables.codec import TableCodec as TableCodec
from gankeras.tables.condition_cross_entropy import ConditionCrossEntropy as ConditionCrossEntropy
from gankeras.tables.ctgan import CTGAN as CTGAN
from gankeras.tables.given_table import GivenTable as _GivenTable
from gankeras.tables.information_loss import InformationLoss as InformationLoss
from gankeras.tables.table_file import TableFile as _TableFile

DOMAIN = Domain(
    name="tables",
    codec=TableCodec,
    recipes={"ctgan": CTGAN},
    data_file=_TableFile,
    given_rows=_GivenTable,
)
