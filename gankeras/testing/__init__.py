"""Contract batteries and toy data, for tests and examples."""

from gankeras.testing.cases import GANCase as GANCase
from gankeras.testing.cases import gan_cases as gan_cases
from gankeras.testing.gan_contract import gan_contract as gan_contract
from gankeras.testing.toy import toy_data as toy_data
from gankeras.testing.toy import toy_gan as toy_gan
from gankeras.testing.toy import toy_image_gan as toy_image_gan
from gankeras.testing.toy import toy_images as toy_images
from gankeras.testing.toy import toy_table as toy_table
