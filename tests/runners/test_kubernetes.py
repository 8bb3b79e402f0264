"""deploy/kubernetes against the schemas that Kubernetes and the Flink operator publish, and against its own promises.

No cluster runs here. What a cluster would refuse for its form is refused here: an unknown field, a wrong type.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions, StandardOptions
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners import create_runner

from beam_pipelines.command_line.options import BuildOptions, parse_build_options

from ..end_to_end.shardbox_runs import ROOT
from .kubernetes_manifests import RELEASES, Document, Pod, check, documents, flink_deployment, named, pods


@pytest.fixture(scope="session")
def operator() -> Document:
    return flink_deployment()


@pytest.mark.parametrize("release", RELEASES)
def test_the_manifests_are_valid(release: str, operator: Document) -> None:
    kinds = []
    for document in documents():
        check(document, release, operator)
        kinds.append(document["kind"])
    assert {"FlinkDeployment", "Job", "NetworkPolicy", "Service", "PersistentVolumeClaim"} <= set(kinds)


def broken(kind: str, name: str, *path: Any, value: Any) -> Document:
    """An object with something else at one place."""
    document = copy.deepcopy(named(kind, name))
    *way, last = path
    place: Any = document
    for step in way:
        place = place[step]
    place[last] = value
    return document


CONTAINER = ("spec", "taskManager", "podTemplate", "spec", "containers", 0)
BROKEN = [
    broken("Job", "shardbox-fit", "spec", "completion", value=2),
    broken("Job", "shardbox-fit", "spec", "completions", value="2"),
    broken("Job", "shardbox-fit", "spec", "template", "spec", "containers", 0, "securityContex", value={}),
    broken("Service", "shardbox-fit", "spec", "ports", 0, "port", value="collective"),
    broken("NetworkPolicy", "flink-calls-itself", "spec", "ingress", 0, "form", value=[]),
    broken("FlinkDeployment", "shardbox-flink", "spec", "flinkVersion", value="v9_9"),
    broken("FlinkDeployment", "shardbox-flink", "spec", "taskManagers", value={}),
    broken("FlinkDeployment", "shardbox-flink", "spec", "flinkConfiguration", "parallelism.default", value=4),
    broken("FlinkDeployment", "shardbox-flink", *CONTAINER, "securityContext", "runAsRoot", value=False),
    broken("FlinkDeployment", "shardbox-flink", *CONTAINER, "args", value="--service_port=50000"),
    broken("FlinkDeployment", "shardbox-flink", *CONTAINER, "ports", value=[{"containerPort": "beam"}]),
]


@pytest.mark.parametrize("document", BROKEN, ids=range(len(BROKEN)))
def test_an_unknown_field_and_a_wrong_type_are_refused(document: Document, operator: Document) -> None:
    check(named(document["kind"], document["metadata"]["name"]), RELEASES[-1], operator)
    from jsonschema import ValidationError

    with pytest.raises(ValidationError):
        check(document, RELEASES[-1], operator)


@pytest.mark.parametrize("pod", list(pods()), ids=lambda pod: pod.name)
def test_no_container_is_root_or_can_become_it(pod: Pod) -> None:
    context = pod.spec["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod.spec)
    for container in pod.spec["containers"]:
        own = context | container["securityContext"]
        assert own["runAsUser"] >= 1000
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert not any("hostPort" in port for port in container.get("ports", []))
    assert not any("hostPath" in volume for volume in pod.spec.get("volumes", []))


@pytest.mark.parametrize("pod", list(pods()), ids=lambda pod: pod.name)
def test_every_container_says_what_it_takes(pod: Pod) -> None:
    for container in pod.spec["containers"]:
        if container["name"] != "flink-main-container":  # the operator sets these of `resource`
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]
    for part in ("jobManager", "taskManager"):
        assert set(named("FlinkDeployment", "shardbox-flink")["spec"][part]["resource"]) == {"cpu", "memory"}


def test_what_pods_name_is_there() -> None:
    claims = {found["metadata"]["name"] for found in documents() if found["kind"] == "PersistentVolumeClaim"}
    texts = {found["metadata"]["name"] for found in documents() if found["kind"] == "ConfigMap"}
    for pod in pods():
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", [])}
        for container in pod.spec["containers"]:
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= set(volumes)
        for volume in volumes.values():
            assert volume.get("persistentVolumeClaim", {}).get("claimName", *claims) in claims
            assert volume.get("configMap", {}).get("name", *texts) in texts
    assert all(found["metadata"].get("namespace", "shardbox") == "shardbox" for found in documents())


def reached(policies: list[Document], pod: Pod) -> list[tuple[Document, list[int]]]:
    """Who may open a connection to a pod: selectors with their ports, no ports for all of them."""
    found = []
    for policy in policies:
        if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= pod.labels.items():
            for rule in policy["spec"].get("ingress", []):
                found += [(sender, [port["port"] for port in rule.get("ports", [])]) for sender in rule["from"]]
    return found


def test_nothing_is_reached_but_by_those_that_a_policy_names() -> None:
    policies = [found for found in documents() if found["kind"] == "NetworkPolicy"]
    closed = [found for found in policies if found["spec"]["podSelector"] == {} and "ingress" not in found["spec"]]
    assert [found["spec"]["policyTypes"] for found in closed] == [["Ingress"]]
    by_name = {pod.name: reached(policies, pod) for pod in pods()}
    flink = {"podSelector": {"matchLabels": {"app": "shardbox-flink"}}}
    inner = (flink, [6121, 6122, 6123, 6124, 8081])
    assert by_name["shardbox-flink-taskManager"] == [inner]
    assert by_name["shardbox-build"] == []
    assert by_name["shardbox-fit"] == [
        ({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shardbox-fit"}}}, [])
    ]
    assert [ports for _, ports in by_name["shardbox-flink-jobManager"]] == [inner[1], [8081], [8081]]
    for sender, ports in (entry for entries in by_name.values() for entry in entries):
        assert sender["podSelector"], "everybody"
        assert 50000 not in ports, "the workers do what they are told"
        if sender["podSelector"]["matchLabels"].get("app.kubernetes.io/name") != "flink-kubernetes-operator":
            assert "namespaceSelector" not in sender
    services = [found["spec"] for found in documents() if found["kind"] == "Service"]
    assert all(service.get("type", "ClusterIP") == "ClusterIP" for service in services)
    settings = named("FlinkDeployment", "shardbox-flink")["spec"]["flinkConfiguration"]
    assert settings["kubernetes.rest-service.exposed.type"] == "ClusterIP"
    assert not any(found["kind"] in ("Secret", "Ingress") for found in documents())


@pytest.fixture
def asked(tmp_path: Path) -> BuildOptions:
    """What the job's command asks for."""
    (container,) = named("Job", "shardbox-build")["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["shardbox", "build"]
    runner = tmp_path / "runner.yaml"
    runner.write_text(named("ConfigMap", "shardbox-build")["data"]["runner.yaml"])
    paths = {"/etc/shardbox/runner.yaml": str(runner)}
    return parse_build_options(
        [paths.get(item, item.replace("/opt/shardbox/configs", str(ROOT / "configs"))) for item in container["args"]]
    )


def test_beam_takes_the_command_of_the_job(asked: BuildOptions) -> None:
    options = PipelineOptions(list(asked.beam))
    runner = options.view_as(StandardOptions).runner
    assert runner == "FlinkRunner"
    assert PipelineOptionsValidator(options, create_runner(runner)).validate() == []


def test_the_job_meets_its_cluster(asked: BuildOptions) -> None:
    options = PipelineOptions(list(asked.beam)).get_all_options()
    cluster = named("FlinkDeployment", "shardbox-flink")
    assert options["flink_master"] == f"{cluster['metadata']['name']}-rest:8081"
    assert cluster["spec"]["flinkVersion"] == f"v{options['flink_version'].replace('.', '_')}"
    assert cluster["spec"]["image"].startswith(f"flink:{options['flink_version']}.")
    settings = cluster["spec"]["flinkConfiguration"]
    tested = yaml.safe_load((ROOT / "deploy/runners/flink_settings.yaml").read_text("utf-8"))
    assert {
        key: str(value) for key, value in tested.items() if not key.endswith("process.size")
    }.items() <= settings.items()
    assert options["parallelism"] <= int(settings["slotmanager.number-of-slots.max"])
    (workers,) = cluster["spec"]["taskManager"]["podTemplate"]["spec"]["containers"]
    portable = PipelineOptions(list(asked.beam)).view_as(PortableOptions)
    assert portable.environment_type == "EXTERNAL"
    assert portable.environment_config == "localhost:50000"
    assert "--service_port=50000" in workers["args"]
    data = {mount["name"]: mount["mountPath"] for mount in workers["volumeMounts"]}["data"]
    assert all(place.startswith(f"{data}/") for place in (*asked.annotations, *asked.images, asked.output))


def test_the_machines_of_a_run_know_each_other() -> None:
    job = named("Job", "shardbox-fit")["spec"]
    service = named("Service", "shardbox-fit")
    (container,) = job["template"]["spec"]["containers"]
    values = {variable["name"]: variable.get("value", "") for variable in container["env"]}
    port = service["spec"]["ports"][0]["port"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == job["template"]["metadata"]["labels"]
    assert job["template"]["spec"]["subdomain"] == service["metadata"]["name"]
    assert job["completions"] == job["parallelism"]
    for index in range(job["completions"]):
        told = json.loads(values["TF_CONFIG"].replace("$(INDEX)", str(index)))
        assert told["task"] == {"type": "worker", "index": index}
        names = [f"shardbox-fit-{i}.shardbox-fit:{port}" for i in range(job["completions"])]
        assert told["cluster"] == {"worker": names}
    variables = [variable["name"] for variable in container["env"]]
    assert variables.index("INDEX") < variables.index("TF_CONFIG"), "one is written into the other"
    for item in container["args"]:
        if item.startswith("/opt/shardbox/"):
            assert (ROOT / item.removeprefix("/opt/shardbox/")).exists()
