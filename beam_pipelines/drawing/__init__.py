"""Pictures with their boxes, classes and masks drawn on them."""

from beam_pipelines.drawing.colours import Colour, colour_of, hex_of, ink_on
from beam_pipelines.drawing.contact_sheets import contact_sheet
from beam_pipelines.drawing.lettering import label_text
from beam_pipelines.drawing.pictures import draw_example

__all__ = ["Colour", "colour_of", "contact_sheet", "draw_example", "hex_of", "ink_on", "label_text"]
