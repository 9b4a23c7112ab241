"""`patbench site` and `patbench why`: a whole study through Snakemake."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patbench_lib.cli.options import StudyOption, load_study
from patbench_lib.errors import PatbenchError

if TYPE_CHECKING:
    from patbench_lib.paths import Paths

Cores = Annotated[int | None, typer.Option(min=1, help="Processor cores to use; all if not given.")]
Profile = Annotated[str | None, typer.Option(help="Settings of a cluster, as in profiles/slurm; else this machine.")]
Shards = Annotated[int, typer.Option(min=1, help="Jobs that each transformer's encoding is cut into.")]
Gpus = Annotated[int, typer.Option(min=0, help="GPUs of this machine, or 1 where a cluster's jobs get one each.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(site)
    app.command()(why)


def site(
    study: StudyOption = "demo", cores: Cores = None, profile: Profile = None, shards: Shards = 1, gpus: Gpus = 0
) -> None:
    """Run what of a study is not up to date, draw every figure and render the site."""
    _snakemake(study, _where(cores, profile, gpus), [f"shards={shards}", f"gpus={gpus}"])


def why(
    study: StudyOption = "demo", cores: Cores = None, profile: Profile = None, shards: Shards = 1, gpus: Gpus = 0
) -> None:
    """Tell which steps `site` would run, and the reason of each, without running any."""
    _snakemake(study, _where(cores, profile, gpus), [f"shards={shards}", f"gpus={gpus}"], dry=True)


def _where(cores: int | None, profile: str | None, gpus: int) -> list[str]:
    """Return Snakemake's arguments for where jobs run: this machine's cores and GPUs, or what a profile says."""
    if profile is None:
        return ["--cores", str(cores or os.cpu_count() or 1), "--resources", f"gpu={gpus}"]
    folder = str(Path(profile).resolve()) if Path(profile).exists() else profile
    return ["--profile", folder, *(["--cores", str(cores)] if cores else [])]


def _snakemake(name: str, where: list[str], config: list[str], *, dry: bool = False) -> None:
    """Start Snakemake under a lock of our own, which falls with the process, so that no kill leaves a stale one."""
    from filelock import FileLock, Timeout

    from patbench_lib.files import write_text
    from patbench_lib.parameters import dump_study
    from patbench_lib.paths import Paths, find_root

    study, root = load_study(name), find_root()
    paths = Paths(root, study.name)
    resolved, text = paths.build / "study.yaml", dump_study(study)
    if not resolved.is_file() or resolved.read_text(encoding="utf-8") != text:
        write_text(resolved, text)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile"), "--directory", str(root)]
    command += [*where, "--quiet", "host", *(["--dry-run"] if dry else []), "--config", f"study={resolved}", *config]
    try:
        with FileLock(paths.build / "lock", timeout=0):
            tidy(paths)
            code = _wait(subprocess.Popen(command, cwd=root))
    except Timeout as error:
        raise PatbenchError(f"Another run of study '{study.name}' is going on.", todo="Wait until it ends.") from error
    if code:
        raise PatbenchError(
            f"Study '{study.name}' stopped: a step failed; its message stands above.",
            todo="Mend the cause and run the same command again; finished steps are kept.",
        )
    if not dry:
        typer.echo(f"The site of study '{study.name}' is at {Path(os.path.relpath(paths.site / 'index.html'))}")


def tidy(paths: Paths) -> None:
    """Clear what killed runs of a study left, and mend dates of the future; call while no other run of it goes on."""
    from patbench_lib.files import redate, sweep

    for folder in (paths.build, paths.results):
        sweep(folder)
        redate(folder)
    for name in ("notebooks", "teaching", "theme"):  # what the steps read
        redate(paths.root / name)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for Snakemake; stopped once, it ends its steps in order, which takes some seconds, and twice, at once."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        typer.echo("Stopping; press Ctrl-C again to stop at once.", err=True)
        process.wait()
        raise
    finally:
        process.kill()  # does nothing to a process that has ended
        process.wait()
