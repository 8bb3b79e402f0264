"""Headers as people have them: which column is what, and what is said when that is not clear."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beam_pipelines.rows.layout import (
    BOX_FORMATS,
    FIELDS,
    SIDES,
    Layout,
    LayoutError,
    RowOptions,
    find_delimiter,
    find_layout,
    parse_columns,
)

CLASSIC = "filename,width,height,class,xmin,ymin,xmax,ymax"


def places(header: str, columns: str = "", box_format: str = "xyxy") -> dict[str, int]:
    options = RowOptions(parse_columns(columns) if columns else (), box_format)
    return find_layout(header.split(","), options).places


def in_order(fields: str) -> dict[str, int]:
    return {field: place for place, field in enumerate(fields.split())}


def refusal(header: str, columns: str = "", box_format: str = "xyxy") -> str:
    with pytest.raises(LayoutError) as caught:
        places(header, columns, box_format)
    return str(caught.value)


def test_the_classic_header():
    layout = find_layout(CLASSIC.split(","), RowOptions())
    fields = ("image", "width", "height", "label", "xmin", "ymin", "xmax", "ymax")
    assert layout == Layout(dict(zip(fields, range(8), strict=True)), tuple(CLASSIC.split(",")), ",", RowOptions())
    assert layout.has_boxes
    assert layout.has("label")
    assert not layout.has("split")
    assert layout.name_of("label") == "class"
    assert pickle.loads(pickle.dumps(layout)) == layout


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("path,classes,bb", "image label box"),
        ("path,classes,x1,y1,x2,y2", "image label xmin ymin xmax ymax"),
        ("image,label", "image label"),
        (" Image Path , Class Name ,BBox", "image label box"),
        ("FILE_NAME,Category,X_Min,y-min,XMax,yMax", "image label xmin ymin xmax ymax"),
        ("img,category_name,left,top,right,bottom", "image label xmin ymin xmax ymax"),
        ("ymax,xmax,ymin,xmin,label,image_path", "ymax xmax ymin xmin label image"),
        ("image,label,bounding_box,iscrowd,area,mask,pose", "image label box is_crowd area mask pose"),
        ("image,label,is_difficult,Truncated,subset,patient_id", "image label difficult truncated split group"),
        ("image_name,class,bbox_x1,bbox_y1,bbox_x2,bbox_y2,img_height", "image label xmin ymin xmax ymax height"),
        ("filename,class,minx,miny,maxx,maxy", "image label xmin ymin xmax ymax"),
        ("filename,class,xMin,yMin,xMax,yMax", "image label xmin ymin xmax ymax"),
        ("filename,class,Min X,Min Y,Max X,Max Y", "image label xmin ymin xmax ymax"),
        ("filename,class,bbox_left,bbox_top,bbox_right,bbox_bottom", "image label xmin ymin xmax ymax"),
        ("filename,class,x0,y0,x1,y1", "image label xmin ymin xmax ymax"),
        ("filename,class,x1,y1,x0,y0", "image label xmax ymax xmin ymin"),
        ("filename,class,bbox_x0,bbox_y0,bbox_x1,bbox_y1", "image label xmin ymin xmax ymax"),
        ("filename,class,x1,y1,x2,y2,y0", "image label xmin ymin xmax ymax"),
    ],
)
def test_headers_that_are_known(header: str, fields: str):
    assert places(header) == in_order(fields)


@pytest.mark.parametrize(
    ("header", "box_format", "fields"),
    [
        ("image,label,x,y,w,h,width,height", "xywh", "image label x y w h width height"),
        ("image,label,bbox_x,bbox_y,bbox_width,bbox_height", "xywh", "image label x y w h"),
        ("image,label,xmin,ymin,w,h", "xywh", "image label x y w h"),
        ("image,label,x_center,y_center,box_w,box_h", "cxcywh", "image label cx cy w h"),
        ("image,label,bbox,width,height", "xywh", "image label box width height"),
    ],
)
def test_headers_of_other_box_formats(header: str, box_format: str, fields: str):
    assert places(header, box_format=box_format) == in_order(fields)


def test_columns_that_are_no_field_or_have_no_name_are_ignored():
    assert places(",path,classes,bb,score,,comment") == {"image": 1, "label": 2, "box": 3}


def test_a_table_without_boxes_tells_classes_of_images():
    layout = find_layout(["image", "label", "split"], RowOptions())
    assert not layout.has_boxes
    assert layout.has("split")


@pytest.mark.parametrize(
    "others",
    [
        *("width,height", "width,height,photographer,year", "x_res,y_res,width_px", "lens,whys,axis,hawk,boxes_1"),
        *("left_lung,right_lung,left_kidney,right_kidney", "upper_part,row,column", "img_width,img_height,x_dpi,y_dpi"),
        *("left_min,left_max,right_min,right_max", "xy_a,xy_b,x_c", "min_age,max_age,min_price"),
    ],
)
def test_other_columns_of_a_table_without_boxes(others: str):
    assert not find_layout(["filename", "class", *others.split(",")], RowOptions()).has_boxes


def test_columns_that_are_told_are_no_sides_of_a_box():
    told = RowOptions(parse_columns("group=left_x,mask=top_y"))
    assert not find_layout(["image", "label", "left_x", "top_y", "right_x", "bottom_y"], told).has_boxes
    sizes = RowOptions(parse_columns("width=width,height=height"))
    assert not find_layout(["image", "label", "x_res", "y_res", "width", "height"], sizes).has_boxes


def test_the_header_stays_as_it_is():
    assert find_layout([" path ", "class"], RowOptions(), "\t")[1:3] == ((" path ", "class"), "\t")


def test_columns_that_are_told_come_before_those_that_are_guessed():
    assert places("a,b,c", "image=c,label=a") == {"image": 2, "label": 0}
    assert places("image,path,label", "image=path") == {"image": 1, "label": 2}
    assert places("image,label,x0,y0,x1,y1", "xmin=x0,ymin=y0,xmax=x1,ymax=y1") == in_order(
        "image label xmin ymin xmax ymax"
    )
    assert places("path,class,bbox,xmin,ymin,xmax,ymax", "box=bbox") == {"image": 0, "label": 1, "box": 2}
    sides = "xmin=x1,ymin=y1,xmax=x2,ymax=y2"
    assert places("image,label,x1,y1,x2,y2,x3,y3", sides) == in_order("image label xmin ymin xmax ymax")
    assert "box" not in places("path,class,bbox,x1,y1,x2,y2", sides)
    assert places("image,label,x,y,bw,bh,width,height", "w=bw,h=bh", "xywh") == in_order(
        "image label x y w h width height"
    )
    assert places("image,label,x,y,width,height", "w=width,h=height", "xywh") == in_order("image label x y w h")


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("", f"the first line is empty: it must be a header, such as {CLASSIC}"),
        (" , ", f"the first line is empty: it must be a header, such as {CLASSIC}"),
        (
            "a.jpg,650,417,raccoon,81,88,522,88",
            f"the first line 'a.jpg,650,417,raccoon,81,88,522,88' looks like data: "
            f"it must be a header, such as {CLASSIC}",
        ),
        ("image,label,note,note", "the header 'image,label,note,note' has the column 'note' twice: rename one of them"),
        ("photo,label", "the header 'photo,label' has no column for the image: give --columns image=…"),
        ("filenam,label", "the header 'filenam,label' has no column for the image: give --columns image=filenam"),
        ("image,what", "the header 'image,what' has no column for the label: give --columns label=…"),
        ("image,klass,bb", "the header 'image,klass,bb' has no column for the label: give --columns label=klass"),
        (
            "image,path,label",
            "the columns 'image' and 'path' could each be the image: say which, for example --columns image=image",
        ),
        (
            "image,class,label,category",
            "the columns 'class' and 'label' and 'category' could each be the label: say which, for example "
            "--columns label=class",
        ),
        (
            "image,label,xmin,ymin,xmax,y_maxi",
            "the header 'image,label,xmin,ymin,xmax,y_maxi' has xmin, ymin, xmax of the box and no ymax: "
            "give --columns ymax=y_maxi",
        ),
        (
            "image,label,x1,y1,right_side",
            "the header 'image,label,x1,y1,right_side' has xmin, ymin of the box and no xmax, ymax: "
            "give --columns xmax=right_side,ymax=…",
        ),
        (
            "image,label,xmin,ymin,xy_max",
            "the header 'image,label,xmin,ymin,xy_max' has xmin, ymin of the box and no xmax, ymax: "
            "give --columns xmax=xy_max,ymax=…",
        ),
        (
            "image,label,bbox,x1,y1,x2,y2",
            "the box is in the column 'bbox' and in 'x1' and others: say which, for example --columns box=bbox",
        ),
        (
            "image,label,x,y,w,h",
            "the header 'image,label,x,y,w,h' has no xmin, ymin, xmax, ymax but x, y, w, h: give --box_format xywh",
        ),
        (
            "image,label,x,y,Width,height",
            "the header 'image,label,x,y,Width,height' has no xmin, ymin, xmax, ymax but x, y, Width, height: "
            "give --box_format xywh --columns w=Width,h=height",
        ),
        (
            "image,label,x0,y0,x1,y1,x2,y2",
            "the header 'image,label,x0,y0,x1,y1,x2,y2' has more than two corners (x0, x1, x2): "
            "say which two are those of the box, with --columns xmin=…,ymin=…,xmax=…,ymax=…",
        ),
        (
            "image,label,x1,y1,x2,y2,x3,y3,x4,y4",
            "the header 'image,label,x1,y1,x2,y2,x3,y3,x4,y4' has more than two corners (x1, x2, x3, x4): "
            "say which two are those of the box, with --columns xmin=…,ymin=…,xmax=…,ymax=…",
        ),
        (
            "Filename,class,Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2",
            "the header 'Filename,class,Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2' has no xmin, ymin, xmax, ymax, but "
            "Width, Height, Roi.X1, Roi.Y1, Roi.X2, Roi.Y2 look like sides of a box: "
            "give --columns xmin=Roi.X1,ymin=Roi.Y1,xmax=Roi.X2,ymax=Roi.Y2",
        ),
        (
            "image,label,faceMinX,faceMaxX,faceMinY,faceMaxY",
            "the header 'image,label,faceMinX,faceMaxX,faceMinY,faceMaxY' has no xmin, ymin, xmax, ymax, but "
            "faceMinX, faceMaxX, faceMinY, faceMaxY look like sides of a box: "
            "give --columns xmin=faceMinX,ymin=faceMinY,xmax=faceMaxX,ymax=faceMaxY",
        ),
        (
            "image,label,x_px,y_px,w_px,h_px",
            "the header 'image,label,x_px,y_px,w_px,h_px' has no xmin, ymin, xmax, ymax, but x_px, y_px, w_px, h_px "
            "look like sides of a box: give --box_format xywh --columns x=x_px,y=y_px,w=w_px,h=h_px",
        ),
        (
            "image,label,x_pos,y_pos,width,height",
            "the header 'image,label,x_pos,y_pos,width,height' has no xmin, ymin, xmax, ymax, but x_pos, y_pos, "
            "width, height look like sides of a box: "
            "give --box_format xywh --columns x=x_pos,y=y_pos,w=width,h=height",
        ),
        (
            "image,label,x_from,x_to,y_from,y_to",
            "the header 'image,label,x_from,x_to,y_from,y_to' has no xmin, ymin, xmax, ymax, but x_from, x_to, "
            "y_from, y_to look like sides of a box: give --columns xmin=…,ymin=…,xmax=…,ymax=…",
        ),
        (
            "image,label,min_a,min_b,max_a,max_b",
            "the header 'image,label,min_a,min_b,max_a,max_b' has no xmin, ymin, xmax, ymax, but min_a, min_b, max_a, "
            "max_b look like sides of a box: give --columns xmin=…,ymin=…,xmax=…,ymax=…",
        ),
        (
            "image,label,row_min,col_min,row_max,col_max",
            "the header 'image,label,row_min,col_min,row_max,col_max' has no xmin, ymin, xmax, ymax, but row_min, "
            "col_min, row_max, col_max look like sides of a box: give --columns xmin=…,ymin=…,xmax=…,ymax=…",
        ),
        (
            "image,label,ax_x,ay_y,bx_x,by_y,cx_x,cy_y,dx_x,dy_y,ex_x",
            "the header 'image,label,ax_x,ay_y,bx_x,by_y,cx_x,cy_y,dx_x,dy_y,ex_x' has no xmin, ymin, xmax, ymax, but "
            "ax_x, ay_y, bx_x, by_y, cx_x, cy_y, dx_x, dy_y, … look like sides of a box: "
            "give --columns xmin=…,ymin=…,xmax=…,ymax=…",
        ),
    ],
)
def test_headers_that_are_refused(header: str, sentence: str):
    assert refusal(header) == sentence


@pytest.mark.parametrize(
    ("header", "columns", "box_format", "sentence"),
    [
        (
            "image,label,x,y,width,height",
            "",
            "xywh",
            "the column 'width' may be that of the box or of the image: "
            "give --columns w=…,h=… for the extent of the box",
        ),
        (
            "image,label,xc,y_center,Height",
            "cx=xc,w=xc",
            "cxcywh",
            "the column 'Height' may be that of the box or of the image: "
            "give --columns w=…,h=… for the extent of the box",
        ),
        (
            "image,label,xmin,ymin,xmax,ymax,width,height",
            "",
            "xywh",
            "the header 'image,label,xmin,ymin,xmax,ymax,width,height' has no x, y, w, h but xmin, ymin, xmax, ymax: "
            "give --box_format xyxy",
        ),
        (
            "image,label,x0,y0,x1,y1",
            "",
            "xywh",
            "the header 'image,label,x0,y0,x1,y1' has no x, y, w, h but x0, y0, x1, y1: give --box_format xyxy",
        ),
        (
            "paths,label",
            "image=path",
            "xyxy",
            "the header 'paths,label' has no column 'path', which --columns gives for image; did you mean paths?",
        ),
        (
            "path,label",
            "image=zzz",
            "xyxy",
            "the header 'path,label' has no column 'zzz', which --columns gives for image",
        ),
        (
            "image,label,a",
            "cx=a",
            "xywh",
            "--columns gives cx, but the sides of --box_format xywh are x, y, w, h",
        ),
        (
            "image,label,a,b",
            "box=a,xmin=b",
            "xyxy",
            "--columns gives both the box and its sides: give one of the two",
        ),
    ],
)
def test_headers_that_are_refused_for_the_options(header: str, columns: str, box_format: str, sentence: str):
    assert refusal(header, columns, box_format) == sentence


def test_long_headers_are_cut_in_the_sentence():
    shown = f"{','.join(['column'] + ['x' * 10] * 50)[:199]}…"
    header = ",".join(["column", *("x" * 10 for _ in range(50))])
    assert refusal(header) == f"the header '{shown}' has the column 'xxxxxxxxxx' twice: rename one of them"


def test_numbers_in_a_header_are_no_data_if_a_column_is_known():
    assert places("image,label,2024") == {"image": 0, "label": 1}
    assert places("2024,7", "image=2024,label=7") == {"image": 0, "label": 1}


@pytest.mark.parametrize("box_format", BOX_FORMATS)
@given(st.data())
def test_columns_are_found_in_any_order(box_format: str, data: st.DataObject):
    header = data.draw(st.permutations(["image", "label", "split", "other", *SIDES[box_format]]))
    found = find_layout(header, RowOptions((), box_format)).places
    assert {field: header[place] for field, place in found.items()} == {
        name: name for name in header if name != "other"
    }


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        (CLASSIC, ","),
        ("image;label;x,y", ";"),
        ("image\tlabel", "\t"),
        ("image|label|box", "|"),
        ("image", ","),
        ("", ","),
        ('"a,b,c";label', ";"),
        ("a,b;c", ","),
    ],
)
def test_delimiters(line: str, delimiter: str):
    assert find_delimiter(line) == delimiter


def test_parse_columns():
    assert parse_columns("image=path, label = my class ,xmin=a=b") == (
        ("image", "path"),
        ("label", "my class"),
        ("xmin", "a=b"),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "'' is not FIELD=HEADER, such as image=path,label=classes"),
        ("image", "'image' is not FIELD=HEADER, such as image=path,label=classes"),
        ("image=a, label=", "'label=' is not FIELD=HEADER, such as image=path,label=classes"),
        ("=a", "'=a' is not FIELD=HEADER, such as image=path,label=classes"),
        ("image=a,", "'' is not FIELD=HEADER, such as image=path,label=classes"),
        ("imag=a", f"'imag' is not a field: take one of {', '.join(FIELDS)}; did you mean image?"),
        ("qq=a", f"'qq' is not a field: take one of {', '.join(FIELDS)}"),
        ("image=a,image=b", "'image=a,image=b' gives image twice: name it once"),
    ],
)
def test_parse_columns_refuses(text: str, sentence: str):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        parse_columns(text)
    assert str(caught.value) == sentence


def test_fields():
    others = "image label box width height difficult truncated pose is_crowd area group split mask"
    assert sorted(FIELDS) == sorted({*others.split(), *(side for sides in SIDES.values() for side in sides)})
