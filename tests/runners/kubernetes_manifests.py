"""The manifests of deploy/kubernetes, and the schemas that Kubernetes and the Flink operator publish."""

import copy
import hashlib
import io
import os
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..end_to_end.shardbox_runs import ROOT
from .reference import cannot

FOLDER = ROOT / "deploy/kubernetes"
RELEASES = ("1.29", "newest")
"""Of Kubernetes: an old one, and the newest whose schemas are here."""
OPERATOR = "1.10.0"
JAR = f"flink-kubernetes-operator-api-{OPERATOR}.jar"
JAR_SHA256 = "b1f44814e17514fa8395c61b329a3ee9087123a5bda5b21fe1a495d5182c30b6"
CRD = "META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml"
CACHE = Path(
    os.environ.get("SHARDBOX_CACHE") or Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "shardbox"
)

Document = dict[str, Any]


class Pod(NamedTuple):
    """A kind of pod that the manifests start."""

    name: str
    labels: dict[str, str]
    spec: Document


def documents() -> list[Document]:
    """All objects of all manifests."""
    return [found for path in sorted(FOLDER.rglob("*.yaml")) for found in yaml.safe_load_all(path.read_text("utf-8"))]


def named(kind: str, name: str) -> Document:
    """The object with a name."""
    return next(found for found in documents() if (found["kind"], found["metadata"]["name"]) == (kind, name))


def pods() -> Iterator[Pod]:
    """The pods of jobs, and those that the operator makes of its templates."""
    for found in documents():
        name = found["metadata"]["name"]
        if found["kind"] == "Job":
            template = found["spec"]["template"]
            yield Pod(name, template["metadata"]["labels"], template["spec"])
        if found["kind"] == "FlinkDeployment":
            for part in ("jobManager", "taskManager"):
                own = found["spec"][part].get("podTemplate", {}).get("spec", {})
                common = found["spec"]["podTemplate"]["spec"]
                containers = [*common["containers"], *own.get("containers", [])]
                # Flink itself gives these labels, an image and what is in `resource` to what it starts.
                yield Pod(
                    f"{name}-{part}",
                    {"app": name, "component": part.lower(), "type": "flink-native-kubernetes"},
                    common | own | {"containers": containers},
                )


def flink_deployment() -> Document:
    """The operator's schema of FlinkDeployment, from its release on Maven Central; skips the test without that."""
    path = CACHE / JAR
    if not path.exists():
        url = f"https://repo.maven.apache.org/maven2/org/apache/flink/flink-kubernetes-operator-api/{OPERATOR}/{JAR}"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                data = answer.read()
        except OSError as error:
            cannot(f"the Flink operator's schema could not be fetched from Maven Central: {error}")
        CACHE.mkdir(parents=True, exist_ok=True)
        path.with_suffix(f".{os.getpid()}").write_bytes(data)
        path.with_suffix(f".{os.getpid()}").rename(path)
    data = path.read_bytes()
    assert hashlib.sha256(data).hexdigest() == JAR_SHA256, path
    with zipfile.ZipFile(io.BytesIO(data)) as jar:
        definition = yaml.safe_load(jar.read(CRD))
    schema = next(found["schema"]["openAPIV3Schema"] for found in definition["spec"]["versions"])
    return strict(schema)


def strict(schema: Any) -> Any:
    """A schema of Kubernetes as plain JSON schema that takes no field which it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(part) for key, part in schema.items()}
    if schema.get("x-kubernetes-int-or-string") is True:
        return {"type": ["integer", "string"]}
    # "properties" may itself be the name of a field: then it has a type, and is no list of fields.
    if schema.get("type") == "object" and "properties" in schema:
        made.setdefault("additionalProperties", False)
    return made


def check(document: Document, release: str, operator: Document) -> None:
    """Validates an object of any kind; skips the test without the schemas."""
    try:
        import jsonschema
        import kubernetes_validate
    except ImportError:
        cannot("kubernetes-validate is not installed (make runners)")
    if release == "newest":
        release = kubernetes_validate.latest_version()
    if document["kind"] != "FlinkDeployment":
        kubernetes_validate.validate(document, release, strict=True)
        return
    schema = copy.deepcopy(operator)
    schema["properties"] |= {"apiVersion": {"const": "flink.apache.org/v1beta1"}, "kind": {"type": "string"}}
    metadata = {"name": {"type": "string"}, "namespace": {"type": "string"}}
    schema["properties"]["metadata"] = {"type": "object", "properties": metadata, "additionalProperties": False}
    jsonschema.Draft202012Validator(schema).validate(document)
    # The operator's schema asks for less of a pod than Kubernetes does.
    for part in (document["spec"], document["spec"]["taskManager"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "part"}} | part["podTemplate"]
        kubernetes_validate.validate(pod, release, strict=True)
