# The workflow of a study: one rule for each kind of step. Start it with `make site` or `patbench site`, which hold the
# lock, write build/<study>/study.yaml and pass it here as `--config study=…`. Of `--config` it also takes
# `shards=4`, jobs that each transformer's encoding is cut into, and `gpus=1`, for jobs that ask for a GPU.
import shlex
import sys
from pathlib import Path

from patbench_lib.bench.plan import make_plan
from patbench_lib.bench.resources import encoding_need, searching_need, training_need
from patbench_lib.parameters import read_study
from patbench_lib.paths import Paths

STUDY_FILE = config["study"]
STUDY = read_study(Path(STUDY_FILE))
ROOT = Path(workflow.basedir)
PATHS = Paths(Path("."), STUDY.name)
GPUS = int(config.get("gpus", 0)) > 0
# A cluster has no number of cores: its profile says how many each step takes.
PLAN = make_plan(STUDY, ROOT, workflow.resource_settings.cores or 1, int(config.get("shards", 1)))
NOTEBOOKS = PLAN.notebooks(sorted(path.stem for path in ROOT.glob("notebooks/[0-9]*.ipynb")))
TABLES = PLAN.tables(
    {
        "finetuning": ["comparisons", "orders", "across"],
        "retrieval": ["results", "comparisons"],
        "classification": ["results", "comparisons"],
        "clustering": ["results"],
    }
)
# These notebooks start first, so that none of them is waited for alone.
LONGEST = ["07_truncation_and_cost", "04_views", "13_expert_text", "06_late_interaction_and_reranking", "09_clustering"]
LONGEST += ["05_fusion", "14_claims", "10_finetuning"]
STEPS = f"{PATHS.build}/steps"
# An environment's interpreter has several names. A step whose command names another one than before would run again.
PLAIN = Path(sys.executable).with_name("python")
PYTHON = shlex.quote(str(PLAIN if PLAIN.is_file() else sys.executable)).replace("{", "{{").replace("}", "}}")
PATBENCH = "PATBENCH_THREADS={threads} " + PYTHON + " -m patbench_lib"


def encoding(model, attempt, shards=1):
    """Return what encoding with a model asks for, on a machine that shares out memory, time and GPUs."""
    need = encoding_need(STUDY, STUDY.card(model), cores=PLAN.threads[model], shards=shards, gpu=GPUS)
    return need.times(attempt)


def searching(system, attempt):
    """Return what ranking or classifying by a system's vectors asks for; a baseline without a card has the least."""
    card = STUDY.card(system if system in STUDY.systems else STUDY.baseline)
    return searching_need(STUDY, card).times(attempt)


def training(name, attempt):
    """Return what training a model by a recipe, "model+recipe", asks for."""
    return training_need(STUDY, STUDY.card(name.rpartition("+")[0]), gpu=GPUS).times(attempt)


for task, reason in PLAN.left_out.items():
    print(f"{task} is left out: {reason}", file=sys.stderr)


rule all:
    input:
        f"{PATHS.site}/index.html",


rule landscape:
    output:
        STEPS + "/landscape/{name}.json",
    params:
        key=lambda wildcards: PLAN.landscapes[wildcards.name],
    log:
        STEPS + "/landscape/{name}.log",
    shell:
        PATBENCH + " landscape --study {STUDY_FILE:q} --name {wildcards.name:q} --stamp {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule encode_shard:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
    output:
        STEPS + "/shard/{model}/{number}-of-{of}.json",
    params:
        key=lambda wildcards: PLAN.encode[wildcards.model],
    log:
        STEPS + "/shard/{model}/{number}-of-{of}.log",
    threads: lambda wildcards: PLAN.threads[wildcards.model]
    priority: 10
    resources:
        mem_mb=lambda wildcards, attempt: encoding(wildcards.model, attempt, int(wildcards.of)).mem_mb,
        runtime=lambda wildcards, attempt: encoding(wildcards.model, attempt, int(wildcards.of)).runtime,
        gpu=lambda wildcards: encoding(wildcards.model, 1).gpu,
    shell:
        PATBENCH + " encode {wildcards.model:q} --study {STUDY_FILE:q} --shard {wildcards.number}/{wildcards.of}"
        " --stamp {output:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"


# Encodes what no shard has encoded: all of it where there is one shard, else nothing.
rule encode:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
        lambda wildcards: [
            STEPS + f"/shard/{wildcards.model}/{number}-of-{of}.json"
            for of in [PLAN.shards[wildcards.model]]
            for number in range(1, of + 1)
            if of > 1
        ],
    output:
        STEPS + "/encode/{model}.json",
    params:
        key=lambda wildcards: PLAN.encode[wildcards.model],
    log:
        STEPS + "/encode/{model}.log",
    threads: lambda wildcards: PLAN.threads[wildcards.model] if PLAN.shards[wildcards.model] == 1 else 1
    priority: 10
    resources:
        mem_mb=lambda wildcards, attempt: encoding(wildcards.model, attempt).mem_mb,
        runtime=lambda wildcards, attempt: encoding(wildcards.model, attempt).runtime,
        gpu=lambda wildcards: encoding(wildcards.model, 1).gpu if PLAN.shards[wildcards.model] == 1 else 0,
    shell:
        PATBENCH + " encode {wildcards.model:q} --study {STUDY_FILE:q} --stamp {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule retrieve_shard:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
        STEPS + "/encode/{system}.json",
    output:
        STEPS + "/search/{system}/{number}-of-{of}.json",
    params:
        key=lambda wildcards: PLAN.retrieve[wildcards.system],
    log:
        STEPS + "/search/{system}/{number}-of-{of}.log",
    resources:
        mem_mb=lambda wildcards, attempt: searching(wildcards.system, attempt).mem_mb,
        runtime=lambda wildcards, attempt: searching(wildcards.system, attempt).runtime,
    shell:
        PATBENCH + " retrieve {wildcards.system:q} --study {STUDY_FILE:q} --shard {wildcards.number}/{wildcards.of}"
        " --stamp {output:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"


# Merges what was searched by parts of the documents; searches all of them where there is one part.
rule retrieve:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
        lambda wildcards: STEPS + f"/encode/{wildcards.system}.json" if wildcards.system in PLAN.encode else [],
        lambda wildcards: [
            STEPS + f"/search/{wildcards.system}/{number}-of-{of}.json"
            for of in [PLAN.parts[wildcards.system]]
            for number in range(1, of + 1)
            if of > 1
        ],
    output:
        STEPS + "/retrieve/{system}.json",
    params:
        key=lambda wildcards: PLAN.retrieve[wildcards.system],
    log:
        STEPS + "/retrieve/{system}.log",
    resources:
        mem_mb=lambda wildcards, attempt: searching(wildcards.system, attempt).mem_mb,
        runtime=lambda wildcards, attempt: searching(wildcards.system, attempt).runtime,
    shell:
        PATBENCH + " retrieve {wildcards.system:q} --study {STUDY_FILE:q} --stamp {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule assess:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
        lambda wildcards: STEPS + f"/encode/{wildcards.system}.json" if wildcards.system in PLAN.encode else [],
    output:
        STEPS + "/assess/{system}.json",
    params:
        key=lambda wildcards: PLAN.assess[wildcards.system],
    log:
        STEPS + "/assess/{system}.log",
    resources:
        mem_mb=lambda wildcards, attempt: searching(wildcards.system, attempt).mem_mb,
        runtime=lambda wildcards, attempt: searching(wildcards.system, attempt).runtime,
    shell:
        PATBENCH + " assess {wildcards.system:q} --study {STUDY_FILE:q} --stamp {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule finetune:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
        lambda wildcards: [
            STEPS + f"/encode/{model}.json" for model in PLAN.encode if model == wildcards.training.rpartition("+")[0]
        ],
    output:
        STEPS + "/finetune/{training}.json",
    params:
        key=lambda wildcards: PLAN.finetune[wildcards.training],
    log:
        STEPS + "/finetune/{training}.log",
    threads: lambda wildcards: PLAN.threads[wildcards.training]
    priority: 5
    resources:
        mem_mb=lambda wildcards, attempt: training(wildcards.training, attempt).mem_mb,
        runtime=lambda wildcards, attempt: training(wildcards.training, attempt).runtime,
        gpu=lambda wildcards: training(wildcards.training, 1).gpu,
    shell:
        PATBENCH + " finetune {wildcards.training:q} --study {STUDY_FILE:q} --stamp {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


STEPS_OF = {
    "finetuning": expand(STEPS + "/finetune/{training}.json", training=PLAN.finetune),
    "retrieval": expand(STEPS + "/retrieve/{system}.json", system=PLAN.retrieve),
    "classification": expand(STEPS + "/assess/{system}.json", system=PLAN.assess),
    "clustering": expand(STEPS + "/assess/{system}.json", system=PLAN.assess),
}

for task, tables in TABLES.items():

    rule:
        name:
            f"tabulate_{task}"
        input:
            STEPS_OF[task],
        output:
            [f"{PATHS.results}/{task}.{table}.parquet" for table in tables],
        params:
            key=PLAN.report,
            task=task,
        log:
            f"{STEPS}/tabulate/{task}.log",
        shell:
            PATBENCH + " tabulate {params.task} --study {STUDY_FILE:q} > {log:q} 2>&1 || {{ cat {log:q} >&2; exit 1; }}"


rule notebook:
    input:
        source=ROOT / "notebooks/{notebook}.ipynb",
        tables=[f"{PATHS.results}/{task}.{table}.parquet" for task, tables in TABLES.items() for table in tables],
    output:
        f"{PATHS.notebooks}/{{notebook}}.ipynb",
    params:
        key=PLAN.report,
    log:
        STEPS + "/notebook/{notebook}.log",
    priority: lambda wildcards: LONGEST[::-1].index(wildcards.notebook) + 1 if wildcards.notebook in LONGEST else 0
    shell:
        PATBENCH + " notebook {input.source:q} {output:q} --study {STUDY_FILE:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule site:
    input:
        notebooks=expand(f"{PATHS.notebooks}/{{notebook}}.ipynb", notebook=NOTEBOOKS),
        sources=[ROOT / name for name in ("_quarto.yml", "index.qmd", "references.bib", "theme/patbench.css")]
        + sorted(ROOT.glob("teaching/*.qmd")),
    output:
        f"{PATHS.site}/index.html",
    params:
        key=PLAN.report,
    log:
        STEPS + "/site.log",
    shell:
        PATBENCH + " render {input.notebooks:q} --study {STUDY_FILE:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"
