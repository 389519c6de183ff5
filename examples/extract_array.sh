#!/bin/sh
# Extracts features of images in parts: as an array job of Slurm, or one part after the other.
#
#     examples/extract_array.sh 4 features.npy --model resnet50 --weights resnet50.safetensors --images photos
#
#     sbatch --array=1-4 examples/extract_array.sh 4 features.npy --model … --weights … --images …
#     examples/extract_array.sh join features.npy        # after all jobs
#
# The first argument is the number of parts and the second the output; the others are those of the
# example `extract`. Repeat a part that was interrupted with the same arguments: it continues.
#SBATCH --job-name=extract
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=08:00:00
set -eu

if [ $# -lt 2 ]; then
    echo "usage: $0 PARTS|join OUTPUT [FLAGS OF extract]" >&2
    exit 1
fi
parts=$1
out=$2
shift 2
extract=${EXTRACT:-target/release/examples/extract}

# Prints the file of a part: features.part-0003.npy.
part() {
    printf '%s.part-%04d.%s\n' "${out%.*}" "$1" "${out##*.}"
}

join() {
    "$extract" --join "${out%.*}".part-*."${out##*.}" --out "$out"
}

if [ "$parts" = join ]; then
    join
elif [ -n "${SLURM_ARRAY_TASK_ID:-}" ]; then
    i=$SLURM_ARRAY_TASK_ID
    "$extract" "$@" --shard "$i/$parts" --out "$(part "$i")"
else
    i=1
    while [ "$i" -le "$parts" ]; do
        "$extract" "$@" --shard "$i/$parts" --out "$(part "$i")"
        i=$((i + 1))
    done
    join
fi
