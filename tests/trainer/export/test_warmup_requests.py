"""Requests to warm up with, held against the published messages of TensorFlow Serving."""

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto

from trainer.export.warmup_requests import warmup_requests, write_warmup_requests

ROOT = Path(__file__).parents[3]


def fields(data: bytes) -> list[tuple[int, bytes]]:
    """Returns number and content of each field of a message that has none but messages, strings and bytes."""

    def varint(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if data[at - 1] < 128:
                return value, at

    found, at = [], 0
    while at < len(data):
        key, at = varint(at)
        assert key & 7 == 2, "every field used here has a length (wire type 2)"
        length, at = varint(at)
        found.append((key >> 3, data[at : at + length]))
        at += length
    return found


def requests(path: Path) -> list[tuple[str, str, TensorProto]]:
    """Reads the file by the field numbers of tensorflow_serving/apis: signature, input, values.

    PredictionLog.predict_log = 6, PredictLog.request = 1, PredictRequest.model_spec = 1 and inputs = 2 (a map:
    key = 1, value = 2, a TensorProto), ModelSpec.name = 1 and signature_name = 3.
    """
    read = []
    for record in tf.data.TFRecordDataset(str(path)):
        [(number, predict_log)] = fields(record.numpy())
        assert number == 6
        [(number, request)] = fields(predict_log)
        assert number == 1
        (spec_number, spec), (input_number, entry) = fields(request)
        assert (spec_number, input_number) == (1, 2)
        (name_number, name), (signature_number, signature) = fields(spec)
        assert (name_number, name, signature_number) == (1, b"detector", 3)
        (key_number, key), (value_number, value) = fields(entry)
        assert (key_number, value_number) == (1, 2)
        read.append((signature.decode(), key.decode(), TensorProto.FromString(value)))
    return read


def test_the_messages_are_tensorflow_servings(tmp_path: Path):
    write_warmup_requests(str(tmp_path / "requests"))
    one, several, decoded = requests(tmp_path / "requests")
    for (signature, name, values), sizes in ((one, [(480, 640)]), (several, [(480, 640), (1024, 768)])):
        assert (signature, name) == ("serving_default", "image_bytes")
        pictures = [tf.io.decode_image(encoded) for encoded in tf.make_ndarray(values)]
        assert [picture.shape for picture in pictures] == [(*size, 3) for size in sizes]
    assert decoded[:2] == ("image_tensor", "image_tensor")
    image = tf.make_ndarray(decoded[2])
    assert (image.shape, image.dtype.name) == ((1, 480, 640, 3), "uint8")


def test_the_file_is_small_and_the_same_each_time(tmp_path: Path):
    paths = [tmp_path / "a", tmp_path / "b"]
    for path in paths:
        write_warmup_requests(str(path))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size < 100_000


def test_there_are_fewer_than_tensorflow_serving_takes():
    assert len(list(warmup_requests())) <= 1000


@pytest.mark.parametrize("ending", ["_pb2.py", "_pb2.pyi"])
def test_checked_in_code_matches_the_proto_file(ending: str, tmp_path: Path):
    source = "trainer/export/prediction_log.proto"
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I."]
    subprocess.run([*command, f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", source], cwd=ROOT, check=True)
    name = source.replace(".proto", ending)
    # The compiler's version stands in a comment and in the check at import; nothing else depends on it.
    texts = [(folder / name).read_text() for folder in (ROOT, tmp_path)]
    cut = [
        text.partition("# Protobuf Python Version")[0] + text.partition("# @@protoc_insertion_point(imports)")[2]
        if ending == "_pb2.py"
        else text
        for text in texts
    ]
    assert cut[0] == cut[1]
