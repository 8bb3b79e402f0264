"""Picture files of every kind."""

import io

from PIL import Image

SPOT = (200, 40, 40)


def spotted(width: int = 40, height: int = 30, mode: str = "RGB") -> Image.Image:
    """Returns a grey picture with a red spot in its upper left quarter."""
    image = Image.new("RGB", (width, height), (120, 120, 120))
    image.paste(SPOT, (0, 0, width // 2, height // 2))
    return image.quantize(8) if mode == "P" else image.convert(mode)


def encoded(image: Image.Image, format: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def turned(image: Image.Image, orientation: int, format: str = "JPEG") -> bytes:
    """Returns a file whose pixels lie otherwise, with the note how to turn them."""
    undo = {
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    for step in undo.get(orientation, []):
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, format, exif=exif, **({"quality": 95} if format == "JPEG" else {}))
