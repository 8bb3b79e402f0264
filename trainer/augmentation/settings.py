"""The operations of augmentation: what each is told.

Sizes are fractions of the square that the network sees; a range is [smallest, largest], drawn from evenly.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


def _check_order(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"{list(pair)} is no range: the first number is above the second")
    return pair


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (int, float)) else value


Side = Annotated[float, Field(ge=0.01, le=1)]
Sides = Annotated[tuple[Side, Side], AfterValidator(_check_order)]
Ratio = Annotated[float, Field(ge=0.1, le=10)]
Ratios = Annotated[tuple[Ratio, Ratio], AfterValidator(_check_order)]
Overlaps = Annotated[tuple[Share, ...], BeforeValidator(_listed), Field(min_length=1)]


class Named(BaseModel):
    """An operation that happens to a picture with a probability."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    probability: Share = 0.5


class Covering(Named):
    """An operation after which less of an object may be seen."""

    minimum_visible: Share = 0.25
    """An object of which a smaller part of its area is left becomes a region to ignore: neither object nor background.
    What was cut off or hidden by operations before counts, too."""


class Flip(Named):
    """A mirror image."""

    name: Literal["flip"] = "flip"
    direction: Literal["horizontal", "vertical"] = "horizontal"
    """'horizontal': left becomes right; 'vertical': top becomes bottom."""


class Rotate90(Named):
    """One, two or three quarter turns."""

    name: Literal["rotate90"] = "rotate90"
    probability: Share = 0.75
    """0.75 makes all four positions equally likely."""


class Crop(Covering):
    """A part of the picture, enlarged to all of it, that shows an object: SSD's (Liu et al. 2016, section 2.2).

    Where no such part is found in 50 attempts, as with objects that are far smaller than parts may be, the picture
    stays whole.
    """

    name: Literal["crop"] = "crop"
    minimum_iou: Overlaps = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
    """Intersection over union of the part and the object that fits it best: one of these each time, or one number."""
    scale: Sides = (0.3, 1.0)
    """Side of the part."""
    aspect_ratio: Ratios = (0.75, 1.333)
    """Width divided by height of the part; what is not 1 stretches the picture."""


class ScaleJitter(Covering):
    """The picture, and all on it, larger or smaller, at a random place: LSJ's (Ghiasi et al. 2021)."""

    name: Literal["scale_jitter"] = "scale_jitter"
    scale: Ratios = (0.5, 1.5)
    """Factor of all sides. What is beside a smaller picture is padded; of a larger one, a part is seen."""


class Colour(Named):
    """Other light and other colours."""

    name: Literal["colour"] = "colour"
    brightness: Share = 0.15
    """Up to so much of the range of values is added or taken away."""
    contrast: Share = 0.25
    """0.25: distances from the mean colour times 0.75 to 1.25."""
    saturation: Share = 0.4
    """0.4: distances from grey times 0.6 to 1.4."""
    hue: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    """Up to so much of a full circle, either way."""


class Mosaic(Covering):
    """Four pictures in one (Bochkovskiy et al. 2020, section 3.3): each fills a quarter, and is not enlarged for that.

    What the quarter has no room for is cut off. The operations before it are applied to all four, each time anew. If
    the four have more boxes than fit, the smallest are left out.
    """

    name: Literal["mosaic"] = "mosaic"
    centre: Sides = (0.3, 0.7)
    """Where the four meet, from the top and from the left."""


class Cutout(Covering):
    """Grey rectangles that hide a part of the picture (DeVries and Taylor 2017)."""

    name: Literal["cutout"] = "cutout"
    count: Annotated[int, Field(ge=1, le=100)] = 3
    """How many; they may overlap, and stand out of the picture by a half."""
    size: Sides = (0.05, 0.25)
    """Height and width of a rectangle."""


Operation = Annotated[
    Flip | Rotate90 | Crop | ScaleJitter | Colour | Mosaic | Cutout,
    Field(discriminator="name"),
]
