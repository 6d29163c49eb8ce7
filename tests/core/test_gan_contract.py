import pytest

from gankeras.domain import DOMAINS
from gankeras.testing.cases import gan_cases
from gankeras.testing.gan_contract import gan_contract

CASES = gan_cases()


@pytest.mark.parametrize("check", gan_contract(), ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_gan_contract(case, check, tmp_path):
    check(case, tmp_path)


def test_every_recipe_has_a_case():
    recipes = {recipe for domain in DOMAINS.values() for recipe in domain.recipes.values()}
    assert recipes <= {type(case.build()) for case in CASES}
