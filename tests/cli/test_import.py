"""``openalliance import``, as it is typed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

SET_UP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from openalliance.site.config.server import prepare
prepare(Path(sys.argv[1]))
from openalliance.site.records.practice import services
from openalliance.site.records.practice.models import Person
from openalliance.site.records.trust.actors import Role
now = datetime.now(UTC)
new = services.NewPractice(
    name="Harbour", time_zone="UTC", language="en", crisis_information="Call 024."
)
first = services.set_up_practice(
    new, administrator_email="a@p.example", administrator_name="Ada", password=None, now=now
)
person = Person.objects.create_user(
    email="amara@practice.example", password=None, name="Amara", practice=first.practice,
    joined_at=now,
)
services.grant(person, {Role.THERAPIST}, now=now)
"""


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "openalliance", "import", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("practice")
    subprocess.run([sys.executable, "-c", SET_UP, str(made)], check=True, timeout=120)
    return made


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    printed = run("--template")
    assert printed.returncode == 0
    path = tmp_path_factory.mktemp("files") / "records.csv"
    path.write_text(printed.stdout, encoding="utf-8")
    return path


def test_from_template_to_a_second_time(folder: Path, template: Path) -> None:
    dry = run(template, "--data-dir", folder)
    assert dry.returncode == 0
    assert "this was a dry run" in dry.stdout
    applied = run(template, "--data-dir", folder, "--apply", "--json")
    assert json.loads(applied.stdout)["new"] == {
        "clients": 1, "episodes": 1, "sessions": 2, "scores": 4,
    }  # fmt: skip
    again = json.loads(run(template, "--data-dir", folder, "--apply", "--json").stdout)
    assert (again["new"]["scores"], again["already_there"]) == (0, 4)


def test_a_refused_row_is_reported_and_nothing_is_written(
    folder: Path, template: Path, tmp_path: Path
) -> None:
    lines = template.read_text().replace("A-17", "B-18").splitlines()
    lines[2] = lines[2].replace("7.5", "75")
    bad, report = tmp_path / "bad.csv", tmp_path / "report.csv"
    bad.write_text("\n".join(lines))
    refused = run(bad, "--data-dir", folder, "--apply", "--report", report)
    assert refused.returncode == 1
    assert "row 2, column “value”: is outside its range, 0 to 10" in refused.stdout
    assert "75" not in refused.stdout + refused.stderr
    assert report.read_text().splitlines()[1].startswith("refused,2,value,")
    chosen = run(bad, "--data-dir", folder, "--apply", "--skip-refused", "--json")
    assert chosen.returncode == 0
    result = json.loads(chosen.stdout)
    assert (result["new"]["scores"], [one["row"] for one in result["left_out"]]) == (3, [2])


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 2, "name a FILE"),
        (("nowhere.csv",), 1, "cannot be read"),
        (("records.csv", "--mapping", "nowhere.json"), 1, "cannot be read"),
        (("records.csv", "--practice", "Another"), 1, "no such practice"),
        (("records.csv", "--report", "report.txt"), 2, ".csv or .json"),
    ],
)
def test_wrong_usage(
    folder: Path, template: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    named = [template if one == "records.csv" else one for one in arguments]
    result = run(*named, "--data-dir", folder)
    assert result.returncode == status
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_folder_without_a_practice_stays_as_it_is(template: Path, tmp_path: Path) -> None:
    result = run(template, "--data-dir", tmp_path / "empty")
    assert result.returncode == 1
    assert "no practice in this folder" in result.stderr
    assert not (tmp_path / "empty").exists()


@pytest.mark.slow
def test_a_hundred_thousand_rows_tell_how_far_they_are(folder: Path, tmp_path: Path) -> None:
    day = datetime(2025, 1, 1, tzinfo=UTC).date().isoformat()
    rows = [
        f"L-{client},amara@practice.example,1,{session},"
        f"{day}T{session // 60:02d}:{session % 60:02d},client,oa-check-in,life,5"
        for client in range(100)
        for session in range(1, 1001)
    ]
    header = "client,therapist,episode,session,date,rater,instrument,scale,value"
    large, mapping = tmp_path / "large.csv", tmp_path / "mapping.json"
    large.write_text("\n".join([header, *rows]))
    columns = {name: name for name in header.split(",")}
    mapping.write_text(json.dumps({"columns": columns, "time": {"kind": "datetime"}}))
    result = run(large, "--data-dir", folder, "--mapping", mapping, "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["new"]["scores"] == 100_000
    assert "of 100000 rows read" in result.stderr
