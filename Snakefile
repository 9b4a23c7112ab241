# The workflow of a study: one rule for each kind of step. Start it with `make site` or `patbench site`, which hold the
# lock, write build/<study>/study.yaml and pass it here as `--config study=…`.
import sys
from pathlib import Path

from patbench_lib.bench.plan import make_plan
from patbench_lib.parameters import read_study
from patbench_lib.paths import Paths

STUDY_FILE = config["study"]
STUDY = read_study(Path(STUDY_FILE))
ROOT = Path(workflow.basedir)
PATHS = Paths(Path("."), STUDY.name)
PLAN = make_plan(STUDY, ROOT, workflow.cores or 1)
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
PATBENCH = f"PATBENCH_THREADS={{threads}} '{sys.executable}' -m patbench_lib"

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


rule encode:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
    output:
        STEPS + "/encode/{model}.json",
    params:
        key=lambda wildcards: PLAN.encode[wildcards.model],
    log:
        STEPS + "/encode/{model}.log",
    threads: lambda wildcards: PLAN.threads[wildcards.model]
    priority: 10
    shell:
        PATBENCH + " encode {wildcards.model:q} --study {STUDY_FILE:q} --stamp {output:q} > {log:q} 2>&1"
        " || {{ cat {log:q} >&2; exit 1; }}"


rule retrieve:
    input:
        expand(STEPS + "/landscape/{name}.json", name=PLAN.landscapes),
        lambda wildcards: STEPS + f"/encode/{wildcards.system}.json" if wildcards.system in PLAN.encode else [],
    output:
        STEPS + "/retrieve/{system}.json",
    params:
        key=lambda wildcards: PLAN.retrieve[wildcards.system],
    log:
        STEPS + "/retrieve/{system}.log",
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
