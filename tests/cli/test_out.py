"""`--out`: a folder of results is whole, or as it was; what others put there is not touched."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import refused

import dashjax as dj
from dashjax.cli import main as cli
from dashjax.errors import InputError
from dashjax.store import files, results, whole_folder
from dashjax.store.results import Experiment

FEW = ["--seeds", "5", "--steps", "6", "--select", "2", "--methods", "flat"]
OLD = Experiment({"number": 1}, [{"method": "dash"}], {"pulls": [{"pulls": 1.0}]})
NEW = Experiment({"number": 2}, [{"method": "flat"}], {"stops": [{"stop": "never"}]})


def picture(experiment: Experiment, folder: Path) -> list[Path]:
    """A picture that says which results it is of."""
    path = folder / f"{experiment.config['number']}.png"
    path.write_text(str(experiment.config["number"]))
    return [path]


def written(folder: Path, experiment: Experiment = OLD, **options) -> Path:
    results.write(experiment, folder, 1.0, draw=picture, **options)
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_pictures_and_data_are_those_of_one_experiment(tmp_path):
    written(tmp_path / "r")
    written(tmp_path / "r", NEW, overwrite=True)
    assert results.read(tmp_path / "r") == NEW
    names = {"manifest.json", "results.parquet", "stops.parquet", "2.png"}
    assert {path.name for path in (tmp_path / "r").iterdir()} == names
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("failing", ["rows", "pictures", "manifest", "rename"])
def test_a_full_disk_leaves_a_folder_as_it_was(tmp_path, monkeypatch, earlier, failing):
    if earlier:
        written(tmp_path / "deep" / "r")
    before = snapshot(tmp_path)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere")

    if failing == "rows":
        monkeypatch.setattr(files, "write_rows", full)
    elif failing == "manifest":
        monkeypatch.setattr(results, "_write_manifest", full)
    elif failing == "rename":
        monkeypatch.setattr(os, "rename", full)
        monkeypatch.setattr(whole_folder, "_exchanged_in_one_step", full)
    draw = full if failing == "pictures" else picture
    with pytest.raises(OSError, match="No space left") as told:
        results.write(NEW, tmp_path / "deep" / "r", 1.0, overwrite=True, draw=draw)
    assert told.value.filename == str(tmp_path / "deep" / "r")
    assert snapshot(tmp_path) == before
    assert (tmp_path / "deep").exists() == earlier


KILLED_AT_EACH_STEP = """
import os, shutil, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {cli!r}]
import test_out as t
from dashjax.store import files, results, whole_folder

out, one_step = Path({out!r}), {one_step}
exchanged = whole_folder._exchanged_in_one_step

def killing_at(number):
    left = [number]
    def counted(function):
        def called(*arguments, **options):
            for before in (True, False):
                if before: found = None
                else: found = function(*arguments, **options)
                if left[0] == 0: os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1
            return found
        return called
    files.write_rows = counted(files.write_rows)
    results._write_manifest = counted(results._write_manifest)
    whole_folder._exchanged_in_one_step = counted(exchanged if one_step else lambda *_: False)
    os.rename = counted(os.rename)
    shutil.rmtree = counted(shutil.rmtree)

number, ends = 0, []
while not ends or ends[-1] == "killed":
    before = results.read(out).config["number"]
    child = os.fork()
    if not child:
        killing_at(number)
        t.written(out, t.NEW if before == 1 else t.OLD, overwrite=True)
        os._exit(0)
    ends.append("killed" if os.waitpid(child, 0)[1] else "done")
    found = results.read(out)
    assert found == (t.OLD if found.config["number"] == 1 else t.NEW), number
    shown = [path.read_text() for path in out.glob("*.png")]
    assert shown == [str(found.config["number"])], (number, shown)
    number += 1
t.written(out, t.NEW, overwrite=True)
assert [path.name for path in out.parent.iterdir()] == ["r"]
print(len(ends))
"""


@pytest.mark.slow
@pytest.mark.parametrize("one_step", [True, False])
def test_whenever_it_is_killed_a_folder_holds_the_earlier_results_or_the_new(tmp_path, one_step):
    written(tmp_path / "r")
    here = Path(__file__).parent
    code = KILLED_AT_EACH_STEP.format(
        tests=str(here.parent), cli=str(here), out=str(tmp_path / "r"), one_step=one_step
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > (12 if one_step else 16)


def test_earlier_results_stay_unless_they_are_to_be_overwritten(tmp_path, capsys):
    before = snapshot(written(tmp_path / "r"))
    out = ["--out", str(tmp_path / "r")]
    assert "give --overwrite" in refused(capsys, "sweep", *FEW, *out)
    assert snapshot(tmp_path / "r") == before
    assert cli.main(["sweep", *FEW, *out, "--overwrite"]) == 0
    assert results.read(tmp_path / "r").config["command"] == "sweep"
    assert not (tmp_path / "r" / "1.png").exists()


def test_a_report_is_not_written_over_another_unasked(tmp_path):
    result = dj.sweep((2, 2), ["flat"], seeds=5, plan=dj.Plan(steps=5, select=1))
    first = dj.write_report(result, tmp_path / "r")
    assert all(path.is_file() for path in first)
    with pytest.raises(InputError, match="overwrite=True"):
        dj.write_report(result, tmp_path / "r")
    assert dj.write_report(result, tmp_path / "r", overwrite=True) == first


@pytest.mark.parametrize("strange", ["thesis.tex", "3.png", "old.parquet", "table/part"])
def test_what_others_put_into_a_folder_of_results_stays(tmp_path, capsys, strange):
    written(tmp_path / "r")
    path = tmp_path / "r" / strange
    path.parent.mkdir(exist_ok=True)
    path.write_text("years of work")
    before = snapshot(tmp_path)
    for more in ([], ["--overwrite"]):
        said = refused(capsys, "sweep", *FEW, "--out", str(tmp_path / "r"), *more)
        assert f"'{Path(strange).parts[0]}'" in said
        assert snapshot(tmp_path) == before


@pytest.mark.parametrize("one_step", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_what_comes_into_the_folder_meanwhile_stays(tmp_path, monkeypatch, overwrite, one_step):
    place = tmp_path / "r"
    if overwrite:
        written(place)
    if not one_step:
        monkeypatch.setattr(whole_folder, "_exchanged_in_one_step", lambda *_: False)

    def meanwhile(experiment: Experiment, folder: Path) -> list[Path]:
        place.mkdir(exist_ok=True)
        (place / "thesis.tex").write_text("years of work")
        return picture(experiment, folder)

    with pytest.raises(InputError, match="meanwhile"):
        results.write(NEW, place, 1.0, overwrite=overwrite, draw=meanwhile)
    assert (place / "thesis.tex").read_text() == "years of work"
    assert not overwrite or results.read(place) == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    written(tmp_path / "link")
    written(tmp_path / "link", NEW, overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert results.read(tmp_path / "real") == NEW


def test_a_folder_obeys_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        written(tmp_path / "r")
    finally:
        os.umask(before)
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "r" / "manifest.json").stat().st_mode & 0o777 == 0o640


def test_pictures_drawn_again_are_known_as_those_of_the_results(tmp_path):
    written(tmp_path / "r")
    (tmp_path / "r" / "mine.png").write_text("mine")
    (tmp_path / "r" / "other.png").write_text("drawn again")
    results.keep_pictures(tmp_path / "r", ["other.png"])
    assert {path.name for path in (tmp_path / "r").glob("*.png")} == {"mine.png", "other.png"}
    (tmp_path / "r" / "mine.png").unlink()
    results.check_free(tmp_path / "r", overwrite=True)


@pytest.mark.parametrize("pictures", [["../mine.png"], ["thesis.tex"], [3], 7, None])
def test_no_edited_manifest_makes_a_stranger_go(tmp_path, pictures):
    (tmp_path / "mine.png").write_text("mine")
    manifest = written(tmp_path / "r") / "manifest.json"
    (tmp_path / "r" / "thesis.tex").write_text("years of work")
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"pictures": pictures}))
    results.keep_pictures(tmp_path / "r", ["1.png"])
    with pytest.raises(InputError, match="thesis"):
        results.check_free(tmp_path / "r", overwrite=True)
    assert (tmp_path / "mine.png").exists()
    assert (tmp_path / "r" / "thesis.tex").exists()


def run(stdout, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "dashjax", *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)


def test_results_are_kept_where_nobody_reads_what_is_printed(tmp_path):
    read, write = os.pipe()
    os.close(read)
    done = run(write, "sweep", *FEW, "--out", str(tmp_path / "r"))
    os.close(write)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert results.read(tmp_path / "r").config["seeds"] == 5
    assert (tmp_path / "r" / "quality.png").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_results_are_kept_where_stdout_is_full(tmp_path):
    with open("/dev/full", "w") as full:
        done = run(full, "sweep", *FEW, "--json", "--out", str(tmp_path / "r"))
    (said,) = [line for line in done.stderr.splitlines() if line.startswith("dashjax: ")]
    assert done.returncode == 2
    assert said == "dashjax: stdout: No space left on device; files that were asked for are written"
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    assert "quality.png" in manifest["pictures"]
