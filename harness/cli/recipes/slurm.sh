#!/bin/bash
# A campaign on Slurm: the job's nodes form a Ray cluster for as long as the job lasts.
#
#     sbatch --nodes=4 slurm.sh study.yaml [options of harness run]
#
# Submitted again, it goes on where the last job ended. `runs/` and `reports/` lie where it was
# submitted; only the first node writes there. Activate the environment before, or here.
#SBATCH --job-name=harness
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --time=08:00:00
#SBATCH --signal=B:INT@600
# Ten minutes before the time is up, the runs in progress are finished and nothing new is started.
# For GPUs: add --gpus-per-node=1 and `resources: {gpus: 0.25}` to the matrix.
set -euo pipefail

export RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0
RAY_AUTH_TOKEN=$(python -c 'import secrets; print(secrets.token_hex(32))')
export RAY_AUTH_TOKEN
cpus=${SLURM_CPUS_PER_TASK:-1}
gpus=${SLURM_GPUS_ON_NODE:-0}
# A port of the job's own: nodes may be shared with other jobs.
head=${HARNESS_HEAD_IP:-$(hostname -I | cut -d ' ' -f 1)}:$((20000 + SLURM_JOB_ID % 10000))
others=$((SLURM_JOB_NUM_NODES - 1))

ray start --head --node-ip-address="${head%:*}" --port="${head#*:}" --include-dashboard=false \
  --num-cpus="$cpus" --num-gpus="$gpus" --block > "ray-$SLURM_JOB_ID.log" 2>&1 &
ray=$!
until python -c "import socket; socket.create_connection(('${head%:*}', ${head#*:}), 5)" 2> /dev/null; do
  kill -0 "$ray"
  sleep 1
done
if [ "$others" -gt 0 ]; then
  srun --nodes="$others" --ntasks="$others" --cpus-per-task="$cpus" --exclude="$SLURMD_NODENAME" \
    ray start --address="$head" --num-cpus="$cpus" --num-gpus="$gpus" --block \
    >> "ray-$SLURM_JOB_ID.log" 2>&1 &
fi

harness run "$@" --executor ray --address "$head" &
campaign=$!
trap 'kill -INT "$campaign"' INT TERM
status=0
while kill -0 "$campaign" 2> /dev/null; do
  status=0
  wait "$campaign" || status=$?
done
# shellcheck disable=SC2046
kill $(jobs -p) 2> /dev/null || true
exit "$status"
