"""The generated messages: fresh, loadable by every protobuf we allow, and the same as TensorFlow's."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor

from data_contract import example_pb2, string_int_label_map_pb2

ROOT = Path(__file__).parents[2]
PROTOS = ("example", "string_int_label_map")
OLDEST_PROTOBUF = "6.31.1"
"""What TensorFlow 2.21 asks for: newer generated code would refuse to load beside it."""


def _without_version(text: str) -> str:
    """The compiler's version stands in a comment and in the check at import; nothing else depends on it."""
    text = re.sub(r"^# Protobuf Python Version: .*$", "", text, flags=re.MULTILINE)
    return re.sub(r"(Domain\.PUBLIC,\n)    \d+,\n    \d+,\n    \d+,\n", r"\1", text)


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("protos")
    sources = [f"data_contract/{name}.proto" for name in PROTOS]
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", f"--python_out={out}", f"--pyi_out={out}", *sources]
    subprocess.run(command, cwd=ROOT, check=True)
    return out / "data_contract"


@pytest.mark.parametrize("name", PROTOS)
@pytest.mark.parametrize("ending", ["_pb2.py", "_pb2.pyi"])
def test_checked_in_code_matches_the_proto_file(regenerated: Path, name: str, ending: str):
    checked_in = (ROOT / "data_contract" / f"{name}{ending}").read_text()
    assert _without_version(checked_in) == _without_version((regenerated / f"{name}{ending}").read_text())


@pytest.mark.parametrize("name", PROTOS)
def test_generated_code_loads_with_the_oldest_protobuf_allowed(name: str):
    text = (ROOT / "data_contract" / f"{name}_pb2.py").read_text()
    checked = re.search(r"Domain\.PUBLIC,\n    (\d+),\n    (\d+),\n    (\d+),\n", text)
    assert checked is not None
    assert ".".join(checked.groups()) == OLDEST_PROTOBUF


def _layout(message: Descriptor) -> dict[str, tuple[object, ...]]:
    """What decides a message's bytes: number, label and type of each field, and whether it is one of several."""
    proto = descriptor_pb2.DescriptorProto()
    message.CopyToProto(proto)
    return {
        field.name: (
            field.number,
            field.label,
            field.type,
            field.type_name.rpartition(".")[2],
            field.HasField("oneof_index"),
        )
        for field in proto.field
    }


def test_layout_is_tensorflows():
    from tensorflow.core.example import example_pb2 as tf_example_pb2
    from tensorflow.core.example import feature_pb2 as tf_feature_pb2

    names = ("BytesList", "FloatList", "Int64List", "Feature", "Features", "Example")
    ours = {name: _layout(example_pb2.DESCRIPTOR.message_types_by_name[name]) for name in names}
    theirs = {**tf_feature_pb2.DESCRIPTOR.message_types_by_name, **tf_example_pb2.DESCRIPTOR.message_types_by_name}
    assert ours == {name: _layout(theirs[name]) for name in names}


def test_bytes_are_tensorflows():
    import tensorflow as tf

    ours = example_pb2.Example()
    ours.features.feature["b"].bytes_list.value.extend([b"", b"\xff\x00"])
    ours.features.feature["f"].float_list.value.extend([0.5, 1e-30])
    ours.features.feature["i"].int64_list.value.extend([-1, 2**63 - 1])
    ours.features.feature["empty"].float_list.SetInParent()
    theirs = tf.train.Example(
        features=tf.train.Features(
            feature={
                "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"", b"\xff\x00"])),
                "f": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, 1e-30])),
                "i": tf.train.Feature(int64_list=tf.train.Int64List(value=[-1, 2**63 - 1])),
                "empty": tf.train.Feature(float_list=tf.train.FloatList()),
            }
        )
    )
    assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)
    assert tf.train.Example.FromString(ours.SerializeToString()) == theirs


def test_label_map_fields_are_upstreams():
    item = string_int_label_map_pb2.StringIntLabelMapItem.DESCRIPTOR
    assert {field.name: field.number for field in item.fields} == {
        "name": 1,
        "id": 2,
        "display_name": 3,
        "keypoints": 4,
        "ancestor_ids": 5,
        "descendant_ids": 6,
        "frequency": 7,
        "instance_count": 8,
    }
    assert string_int_label_map_pb2.LVISFrequency.items() == [
        ("UNSPECIFIED", 0),
        ("FREQUENT", 1),
        ("COMMON", 2),
        ("RARE", 3),
    ]
