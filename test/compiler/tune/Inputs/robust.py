"""Tuners that are killed, interrupted, robbed of their worker and doubled: robust.py SPEC FOLDER"""
import json
import os
import signal
import subprocess
import sys
import time

spec, folder = sys.argv[1:]


def start(database, *more):
    return subprocess.Popen(["cnnc", "tune", spec, f"--db={database}", "--threads=1", "--budget=600s", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)


def lines(database):
    try:
        with open(database, encoding="utf-8") as file:
            return file.readlines()
    except FileNotFoundError:
        return []


def wait_for(database, count, process):
    deadline = time.monotonic() + 300
    while len(lines(database)) < count:
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"no {count} records in {database}: {process.communicate()}")
        time.sleep(0.02)


def whole(database):
    """The records made alone; ends the test when a line is damaged."""
    records = [json.loads(line) for line in lines(database)]
    return [(one["kernel"], json.dumps(one["schedule"], sort_keys=True)) for one in records if "network" not in one]


def children(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


killed = f"{folder}/killed.jsonl"
for _ in range(3):
    process = start(killed)
    wait_for(killed, len(lines(killed)) + 1, process)
    workers = children(process)
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{worker}") for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    if any(os.path.exists(f"/proc/{worker}") for worker in workers):
        sys.exit("a worker outlives its tuner")
records = whole(killed)
print("killed 3 times: every record is whole and none is there twice" if len(records) == len(set(records)) else f"twice: {records}")

robbed = f"{folder}/robbed.jsonl"
process = start(robbed, "--trials=4")
wait_for(robbed, 1, process)
for worker in children(process):
    os.kill(worker, signal.SIGKILL)
output, errors = process.communicate()
print("a worker that is killed is started again" if process.returncode == 0 and whole(robbed) else f"{process.returncode}: {errors}")

shared = f"{folder}/shared.jsonl"
tuners = [start(shared, "--trials=2") for _ in range(2)]
answers = [tuner.communicate() for tuner in tuners]
print("two tuners: every record is whole" if all(tuner.returncode == 0 for tuner in tuners) and len(whole(shared)) == 24 else f"{answers}")

interrupted = f"{folder}/interrupted.jsonl"
process = start(interrupted)
wait_for(interrupted, 1, process)
process.send_signal(signal.SIGINT)
output, errors = process.communicate()
print("interrupted: shows what it found" if process.returncode == 0 and ", interrupted" in output else f"{process.returncode}: {output} {errors}")
