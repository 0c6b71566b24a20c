"""The catalogue of metrics: everything counted is in it, and everything in it is documented, drawn and meant."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from collab import metrics, watching
from collab.metrics import CATALOGUE, COUNTERS, Histogram, Metric, Sample, named

ROOT = Path(__file__).resolve().parents[2]
FULL_NAMES = {metric.full_name for metric in CATALOGUE}
LINE = re.compile(r'weft_[a-z_]+\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\} -?[0-9.e+-]+')


def counted_in_the_code() -> Iterator[tuple[str, str]]:
    """Every key of COUNTERS and every histogram's, by file; of an f-string, what comes before its first value."""
    for file in (ROOT / "collab").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            key: ast.AST | None = None
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "COUNTERS":
                key = node.slice
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "histogram" and node.args:
                key = node.args[0]
            if isinstance(key, ast.Constant):
                yield file.name, str(key.value)
            elif isinstance(key, ast.JoinedStr):
                beginning = key.values[0]
                assert isinstance(beginning, ast.Constant), f"{file.name}: {ast.unparse(key)} begins with no name"
                ending = "ANY_ANY" if len(key.values) > 2 else "ANY"
                yield file.name, f"{beginning.value!s}{ending}"


def row(metric: Metric) -> str:
    """Its line in the operators' guide."""
    labels = f"{{{','.join(metric.labels)}}}" if metric.labels else ""
    values = f": {', '.join(f'`{value}`' for value in metric.values)}" if metric.values else ""
    return f"| `{metric.full_name}{labels}` | {metric.kind} | {metric.help}{values} |"


def test_whatever_is_counted_has_its_place_in_the_catalogue() -> None:
    keys = list(counted_in_the_code())
    assert ("writer.py", "commit_failed") in keys
    assert ("session.py", "closed_ANY") in keys
    unknown = []
    for file, key in keys:
        try:
            named(key)
        except KeyError:
            unknown.append(f"{file}: {key}")
    assert unknown == [], "give it a place in collab/metrics.py and a row in docs/operating.md"


def test_a_counter_s_known_reasons_are_all_that_the_code_gives() -> None:
    """So that each begins at zero."""
    for file, key in counted_in_the_code():
        metric, labels = named(key)
        if metric.values and "ANY" not in key:
            value = key.removeprefix(f"{metric.name}_")
            assert value in metric.values, f"{file}: {key} ({labels})"


def test_the_operators_guide_lists_the_catalogue() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text().splitlines()
    listed = [line for line in guide if line.startswith("| `weft_")]
    assert listed == [row(metric) for metric in CATALOGUE]


def test_names_and_helps_are_what_prometheus_wants() -> None:
    assert len(FULL_NAMES) == len(CATALOGUE)
    for metric in CATALOGUE:
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", metric.name), metric.name
        assert "\n" not in metric.help, metric.name
        assert not metric.help.endswith("."), metric.name


@pytest.mark.parametrize("file", ["grafana-dashboard.json", "prometheus-alerts.yml"])
def test_what_is_deployed_asks_only_for_metrics_that_are_there(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text()
    asked = set(re.findall(r"\bweft_[a-z_]+", text))
    known = FULL_NAMES | {
        f"{metric.full_name}_{suffix}"
        for metric in CATALOGUE
        if metric.kind == "histogram"
        for suffix in ("bucket", "sum", "count")
    }
    assert asked - known == set()
    assert len(asked) > 5


def test_every_panel_says_what_it_shows_and_in_which_unit() -> None:
    dashboard = json.loads((ROOT / "deploy" / "grafana-dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]


def test_every_metric_is_on_the_dashboard() -> None:
    text = (ROOT / "deploy" / "grafana-dashboard.json").read_text()
    assert sorted(name for name in FULL_NAMES if name not in text) == []


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    text = (ROOT / "deploy" / "prometheus-alerts.yml").read_text()
    alerts = text.split("- alert: ")[1:]
    assert len(alerts) >= 5
    for alert in alerts:
        for needed in ("expr:", "for:", "severity:", "summary:", "meaning:", "action:"):
            assert needed in alert, (alert.splitlines()[0], needed)


# --- how numbers come together ---


def test_a_histogram_counts_what_is_below_each_bound() -> None:
    counted = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        counted.observe(value)
    found = {(sample.suffix, dict(sample.labels).get("le")): sample.value for sample in counted.samples(())}
    assert found[("_bucket", "0.1")] == 2
    assert found[("_bucket", "1")] == 3
    assert found[("_bucket", "+Inf")] == 4
    assert found[("_count", None)] == 4
    assert found[("_sum", None)] == pytest.approx(7.65)


def test_a_key_s_end_is_the_label() -> None:
    assert named("refused_frame_size")[1] == (("reason", "frame_size"),)
    assert named("http_requests_app_200")[1] == (("route", "app"), ("status", "200"))
    assert named("commit_failed")[1] == ()
    for wrong in ("refused", "commit_failed_badly", "nothing"):
        with pytest.raises(KeyError):
            named(wrong)


def test_what_has_not_happened_yet_is_shown_as_zero() -> None:
    """A series that begins at one has never risen, for Prometheus, and no alert would see it."""
    found = metrics.samples("web", {})
    assert [sample.value for sample in found["commit_failed"]] == [COUNTERS["commit_failed"]]
    reasons = {dict(sample.labels)["reason"] for sample in found["refused"]}
    assert {"read_only", "crowd", "frame_size"} <= reasons
    assert "jobs" not in found


def test_the_text_is_what_prometheus_reads() -> None:
    numbers = {"rooms": [Sample("", (), 3)], "closed": [Sample("", (("code", 'a"\\\n'),), 1)]}
    text = metrics.exposition([("web", 7, numbers), ("web", 8, {"rooms": [Sample("", (), 4)], "unheard_of": []})])
    assert text.splitlines() == [
        "# HELP weft_rooms Documents open in the process",
        "# TYPE weft_rooms gauge",
        'weft_rooms{process="web",pid="7"} 3',
        'weft_rooms{process="web",pid="8"} 4',
        "# HELP weft_closed_total Sessions ended by the server, by close code",
        "# TYPE weft_closed_total counter",
        'weft_closed_total{process="web",pid="7",code="a\\"\\\\\\n"} 1',
    ]
    everything = metrics.exposition([("web", 7, metrics.samples("web", {"rooms": 1}))])
    lines = [line for line in everything.splitlines() if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in lines), [line for line in lines if not LINE.fullmatch(line)]


@pytest.fixture
def folder() -> Iterator[Path]:
    folder = Path(settings.WEFT_HOME) / "metrics"
    folder.mkdir(exist_ok=True)
    yield folder
    for file in folder.iterdir():
        file.unlink()


def test_whoever_is_asked_tells_of_all_that_live(folder: Path) -> None:
    watching.Watch("web", lambda: {"rooms": 2}).keep()
    worker = {"process": "worker", "pid": 1, "samples": {"derive_lag_documents": [["", [], 5]]}}
    (folder / "worker-1.json").write_text(json.dumps(worker))  # process 1 always lives
    dead = {"process": "web", "pid": 2**22 + 1, "samples": {"rooms": [["", [], 9]]}}
    (folder / "web-dead.json").write_text(json.dumps(dead))
    (folder / "web-broken.json").write_text("{")
    text = metrics.exposition(watching.read_all())
    assert 'weft_derive_lag_documents{process="worker",pid="1"} 5' in text
    assert re.search(r'^weft_rooms\{process="web",pid="\d+"\} 2$', text, re.MULTILINE)
    assert not re.search(r"^weft_rooms.* 9$", text, re.MULTILINE)
    assert not (folder / "web-dead.json").exists()


def test_a_process_that_ends_as_it_should_leaves_nothing(folder: Path) -> None:
    watch = watching.Watch("web")
    watch.keep()
    assert len(list(folder.iterdir())) == 1
    watch.forget()
    assert list(folder.iterdir()) == []
