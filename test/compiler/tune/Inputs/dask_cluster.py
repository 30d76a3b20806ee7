"""`cnnc tune --runner=dask:...` on a cluster of two local processes: dask_cluster.py SPEC DATABASE"""
import json
import subprocess
import sys

import distributed

spec, database = sys.argv[1:]


def trials(dask_worker):
    return getattr(dask_worker, "cnnc_child", [None])[0] is not None


if __name__ == "__main__":
    def tune(address, *more):
        return subprocess.run(["cnnc", "tune", spec, f"--db={database}", "--threads=1", f"--runner=dask:{address}", "--format=json", *more],
                              capture_output=True, text=True, check=False)

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, distributed.Client(cluster) as client:
        done = tune(cluster.scheduler_address, "--trials=4")
        if done.returncode:
            sys.exit(done.stderr)
        used = sum(client.run(trials).values())
        with open(database, encoding="utf-8") as lines:
            alone = [record for record in map(json.loads, lines) if "network" not in record]
        report = json.loads(done.stdout)
        recorded = "all of them recorded" if len(alone) == report["schedules"] else f"{len(alone)} recorded"
        print(f"2 workers: {report['schedules']} schedules, each on one of {used} processes, {recorded}", flush=True)
    print("no scheduler:", tune("tcp://127.0.0.1:1", "--patience=2s").stderr.split("cnnc: ", 1)[1].strip())
