#!/bin/bash
# One part of a study in each task of a Slurm array. In a checkout of this repository, where `node scripts/setup.mjs` has been run once:
#   sbatch --array=0-15 docs/cluster/slurm.sh studies/whole.json /scratch/you/whole /scratch/you/images
# The tasks share the work by the array's own numbers. One that is killed or requeued goes on with what has no result yet.
#SBATCH --job-name=exemplar-lab
#SBATCH --array=0-15
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
study=$1
out=$2
data=${3:-}
# Without npm in between: the signals of Slurm reach the study.
exec node scripts/run.mjs src/cli/study.ts "$study" --out "$out" ${data:+--data "$data"} --jobs "${SLURM_CPUS_PER_TASK:-1}" --backend "${BACKEND:-wasm}"
