"""Why something was left out or mended, and what its owner can do about it."""

REMEDIES = {
    # annotations
    "annotation_unreadable": "The annotation file could not be read: check its permissions and the disk.",
    "annotation_empty": "The annotation file holds nothing: annotate the picture again, or delete the file.",
    "annotation_malformed": "The file is not well-formed XML: mend it at the line and column given.",
    "annotation_not_voc": "Not a Pascal VOC annotation: keep other XML files out of --annotations.",
    # rows of tables
    "row_malformed": "The row cannot be read: mend it at the line given.",
    "row_without_image": "The row does not say which image it is about: fill in the path.",
    "rows_disagree": "The rows of one image contradict each other: give all the same group and split.",
    # splits
    "not_in_a_split": "None of the given splits names it: add it to one (--split_by_folder: put it into a folder).",
    # matching
    "image_missing": "No image file has this name: check --images, or rename one of the two.",
    "name_not_utf8": "The file name is not valid UTF-8: rename the file.",
    "image_ambiguous": "Several image files fit equally well: name the folders of both sides alike.",
    # pictures
    "image_unreadable": "The image file could not be read: check its permissions and the disk.",
    "image_empty": "The image file has 0 bytes: copy it again from its source.",
    "image_not_an_image": "The content is no picture that is known here: replace the file.",
    "image_truncated": "The picture ends too early: copy it again from its source.",
    "image_corrupt": "The picture cannot be decoded: copy it again from its source, or save it anew.",
    "image_too_large": "TensorFlow decodes less than 2**29 values: scale the picture and its boxes down.",
    "image_unsupported": "This kind of picture has no safe conversion: save it as 8-bit JPEG or PNG.",
    # boxes
    "class_missing": "The object has no class name: give it one.",
    "class_unknown": "Not in the label map, dropped as --unknown_classes=drop asks: add it to the map.",
    "box_missing": "The object has no upright box: polygons and rotated boxes need their enclosing box.",
    "box_not_a_number": "A coordinate is not a finite number: draw the box again.",
    "box_reversed": "A minimum is larger than its maximum: draw the box again.",
    "box_not_in_pixels": "Its sides look like fractions of the picture: give --normalized, if they are.",
    "box_zero_area": "The box has no width or no height: draw it again, or delete it.",
    "box_outside": "The box lies wholly outside the picture: was it cropped after annotating?",
    # masks
    "mask_missing": "There is no mask for the object or the picture: check --masks or --class_maps.",
    "mask_outside": "The path of the mask leaves the folder of --masks: copy the file into it.",
    "mask_unreadable": "The mask is not a PNG with one channel of up to 8 bits: save it as one.",
    "mask_size_differs": "The mask has not the size of the picture: draw it on this very picture.",
    "mask_empty": "No pixel of the mask belongs to the object: draw it again.",
    # duplicates
    "duplicate_identical": "Another example holds the same picture with the same boxes: nothing to do.",
    "duplicate_conflicting": "Another example holds the same picture, other boxes: settle which are right.",
    # whatever else
    "unexpected": "A fault of Shardbox that this record brought out: please report it with the file.",
}
"""Code of a reject: what to do about it."""

REPAIRS = {
    "filename_differs": "<filename> names another file than the one the annotation was matched to",
    "encoding_assumed": "the file declares no encoding that fits, or a wrong one",
    "size_missing": "<size> is missing, zero or unreadable: the picture's own size was taken",
    "size_differs": "the annotated size differs from the picture's: boxes were read in the picture's own pixels",
    "extension_differs": "the extension does not match the content",
    "orientation_applied": "EXIF rotation: the picture was turned upright, as it was annotated",
    "orientation_removed": "EXIF rotation: the tag was neutralised, because the raw picture was annotated",
    "orientation_assumed": "EXIF rotation, and nothing tells how it was annotated: turned upright",
    "reencoded_format": "not a baseline or progressive JPEG, nor a PNG: re-encoded as JPEG or PNG",
    "reencoded_color": "CMYK or another colour model: re-encoded as RGB",
    "reencoded_depth": "more than 8 bits a channel: re-encoded with 8",
    "first_frame_only": "several frames or pages: the first was taken",
    "box_rounded": "a coordinate overshot the picture by at most one pixel, and was clipped",
    "box_clipped": "a coordinate overshot the picture by more than one pixel, and was clipped",
    "flag_unreadable": "difficult, truncated or is_crowd is neither 0 nor 1: read as 0",
    "area_unreadable": "area is not a number of square pixels: that of the box was taken",
    "mask_differs": "the box and the pixels of its mask lie apart (IoU below 0.5): both stay as they are",
    "negative_after_rejects": "every box of the picture was rejected: it became a negative",
    "boxes_merged": "the same picture was annotated more than once: the boxes were united",
    "duplicate_kept": "the same picture is in another example too, with other boxes",
    "leaked_copy": "the same picture was given to another split too",
    "leaked_group": "another picture of its group was given to another split",
    "group_not_found": "--group_by does not match the path: the picture is a group of its own",
}
"""Code of a repair: what it means. A repair is counted; the image stays."""
