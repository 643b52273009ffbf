"""What cannot be understood is said in one sentence, with the name that was perhaps meant."""

import dataclasses
import shutil
import subprocess
from pathlib import Path
from typing import get_args

import folders
import pytest
from commands import refused

import dashjax
from dashjax.bandit.environments.replay import MODES
from dashjax.bandit.selection import SELECTIONS
from dashjax.cli import main as cli
from dashjax.cli import shared_options as options
from dashjax.cli.parsing import COMMANDS
from dashjax.pools.grouping import GROUPINGS
from dashjax.rewards.definitions import REWARDS
from dashjax.simulate import running, synthetic

WORDS = [[], *([name] for name in COMMANDS)]
WORDS += [[group, name] for group in ("table", "study") for name in COMMANDS[group]]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "'dashjax' needs a command; choose from demo, "),
        ("sweeep", "unknown command 'sweeep' of 'dashjax' (did you mean 'sweep'?); choose from"),
        ("xyz", "unknown command 'xyz' of 'dashjax'; choose from demo, choose,"),
        ("table", "'dashjax table' needs a command; choose from build, import,"),
        ("table biuld", "unknown command 'biuld' of 'dashjax table' (did you mean 'build'?)"),
        ("sweep --seedz 3", "unknown option '--seedz' of 'dashjax sweep' (did you mean '--seed"),
        ("sweep --step=3", "unknown option '--step' of 'dashjax sweep' (did you mean '--steps'?)"),
        ("pool embedded --candidate 3", "(did you mean '--candidates'?); see dashjax pool --help"),
        ("sweep --qqqqqqq", "unknown option '--qqqqqqq' of 'dashjax sweep'; see dashjax sweep"),
        ("--seeds 3", "unknown command '--seeds' of 'dashjax'"),
        ("sweep --seeds 1 2", "'2' is a word too many for 'dashjax sweep'"),
        ("replay", "'dashjax replay' needs TABLE; see dashjax replay --help"),
        (
            "table import x.csv",
            "'dashjax table import' needs --out; see dashjax table import",
        ),
        ("sweep --seeds", "--seeds needs a value; see dashjax sweep --help"),
        ("sweep --seeds many", "--seeds is 'many'; give a whole number"),
        ("sweep --seeds 1e6", "--seeds is '1e6'; give a whole number"),
        ("sweep --arm-sd wide", "--arm-sd is 'wide'; give a number"),
        ("sweep --costs 1 x", "--costs cannot be '1', 'x'; give what --help says of it"),
        ("replay t --group-mean x", "--group-mean cannot be 'x'; give"),
        ("sweep --grouping mixt", "unknown grouping 'mixt' (did you mean 'mixed'?); choose from"),
        ("sweep --variances guessed", "unknown variances 'guessed'; choose from matched, given"),
        (
            "table build x --out t --reward gian",
            "unknown reward 'gian' (did you mean 'gain'",
        ),
        ("sweep --methods dsh", "unknown method 'dsh' (did you mean 'dash'?); choose from best,"),
        ("sweep --stop stabel:3", "unknown stop rule 'stabel' (did you mean 'stable'?); choose"),
        ("--tyro-write-completion bsh x", "unknown shell 'bsh' (did you mean 'bash'?)"),
    ],
)
def test_what_is_amiss_is_said_in_one_sentence(capsys, line, words):
    assert words in refused(capsys, *line.split())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pool embedded --side 32", "the embedded pool is as it is, and --side says how"),
        ("pool embedded --seed 1", "and --seed says how a folder is cut; leave it out"),
        ("table build embedded --out t --candidate-size 5", "and --candidate-size says how"),
        ("table import x --out t --target-columns a", "--target-columns is for --wide"),
        ("table import x --out t --floor-where a=b", "--floor-where is for a file of floors"),
        ("pool embedded --overwrite", "--overwrite is for a picture; give --out"),
        ("sweep --overwrite", "--overwrite is for results in a folder; give --out"),
        ("sweep --variances given", "--variances given is for another grouping than perfect"),
    ],
)
def test_an_option_that_does_not_apply_is_refused(capsys, tmp_path, monkeypatch, line, words):
    monkeypatch.chdir(tmp_path)
    assert words in refused(capsys, *line.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("side", [10**5, 10**12, 10**30])
def test_images_are_not_made_larger_than_memory(capsys, tmp_path, side):
    pool = folders.write(tmp_path / "pool", "ink", "neon")
    said = refused(capsys, "pool", str(pool), "--side", str(side))
    assert f"option side is {side}; give at most 4,096 pixels" in said


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_lies_in_a_pool_and_is_no_file_is_not_left_out_in_silence(capsys, tmp_path, kind):
    pool = folders.write(tmp_path / "pool", "ink", "neon")
    if kind == "folder":
        (pool / "chalk.npz").mkdir()
    else:
        (pool / "chalk.npz").symlink_to(tmp_path / "nowhere.npz")
    assert "chalk.npz is no file that can be read" in refused(capsys, "pool", str(pool))


def test_a_picture_is_not_replaced_unasked(capsys, tmp_path):
    sheet = tmp_path / "sheet.png"
    sheet.write_text("mine")
    command = ["pool", "embedded", "--out", str(sheet)]
    assert "give --overwrite" in refused(capsys, *command)
    assert sheet.read_text() == "mine"
    assert cli.main([*command, "--overwrite"]) == 0
    assert sheet.read_bytes().startswith(b"\x89PNG")


def test_choices_are_those_that_the_package_knows():
    for choice, known in (
        (options.GroupingName, GROUPINGS),
        (options.SelectionName, SELECTIONS),
        (options.ModeName, MODES),
        (options.RewardName, REWARDS),
        (options.CostsName, running.COSTS),
        (options.VariancesName, synthetic.VARIANCES),
    ):
        assert get_args(choice) == tuple(known)


def all_commands() -> list[type]:
    single = [one for one in COMMANDS.values() if not isinstance(one, dict)]
    return [*single, *COMMANDS["table"].values(), *COMMANDS["study"].values()]


def flags(command: type) -> list[str]:
    nested = [field.default_factory for field in dataclasses.fields(command)]
    inner = [name for one in nested if dataclasses.is_dataclass(one) for name in flags(one)]
    return [*inner, *(field.name for field in dataclasses.fields(command))]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_command_has_help(capsys, words):
    with pytest.raises(SystemExit, match="0"):
        cli.main([*words, "--help"])
    said = capsys.readouterr().out
    assert "usage: dashjax" in said
    if words and words not in (["table"], ["study"]):
        assert {"--json", "--quiet"} <= set(said.replace(",", " ").split())
        drawn_by_chance = words[-1] in {"demo", "choose", "pool", "build", "fit"} | {
            *("replay", "sweep", "baseline", "create")
        }
        assert ("--seed " in said) == drawn_by_chance


@pytest.mark.parametrize("command", all_commands())
def test_no_option_of_a_command_is_there_twice(command):
    found = [name for name in flags(command) if name != "seed"]  # one is shown, see `Cut`
    assert len(set(found)) == len(found)


def test_the_version_is_that_of_the_package(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"dashjax {dashjax.__version__}\n"


def test_a_quiet_command_says_its_results_alone(capsys, tmp_path):
    few = ["--seeds", "5", "--steps", "4", "--select", "1", "--methods", "flat"]
    assert cli.main(["sweep", *few, "--quiet"]) == 0
    said = capsys.readouterr()
    assert "flat" in said.out
    assert said.err == ""
    source = tmp_path / "r.csv"
    source.write_text("target,dataset,reward,more\na,x,1,2\na,y,2,3\n")
    assert cli.main(["table", "import", str(source), "--out", str(tmp_path / "t"), "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to complete in")
def test_bash_completes_commands_and_choices(tmp_path: Path) -> None:
    script = tmp_path / "dashjax"
    with pytest.raises(SystemExit):
        cli.main(["--tyro-write-completion", "bash", str(script)])
    assert {"--grouping", "crossed", "table"} <= set(script.read_text().replace("'", " ").split())
    subprocess.run(["bash", "-n", str(script)], check=True)
