"""Images: the codec, the recipes, and how to look at them."""

from gankeras.domain import Domain
from gankeras.images import datasets as datasets
from gankeras.images.codec import ImageCodec as ImageCodec
from gankeras.images.dcgan import DCGAN as DCGAN
from gankeras.images.extractors import EXTRACTORS as _EXTRACTORS
from gankeras.images.extractors import ClassifierFeatures as ClassifierFeatures
from gankeras.images.extractors import EfficientNetLite0Features as EfficientNetLite0Features
from gankeras.images.extractors import ImageFeatures as ImageFeatures
from gankeras.images.extractors import InceptionV3Features as InceptionV3Features
from gankeras.images.features import RandomConvolutions as RandomConvolutions
from gankeras.images.given_images import GivenImages as _GivenImages
from gankeras.images.image_file import ImageFile as _ImageFile
from gankeras.images.pictures import pictures as pictures
from gankeras.images.png_files import write_pngs as write_pngs
from gankeras.images.render import image_grid as image_grid

DOMAIN = Domain(
    name="images",
    codec=ImageCodec,
    recipes={"dcgan": DCGAN},
    render=image_grid,
    features=_EXTRACTORS,
    datasets={"digits": datasets.load_digits},
    data_file=_ImageFile,
    given_rows=_GivenImages,
)
