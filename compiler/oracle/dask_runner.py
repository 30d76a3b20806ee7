#!/usr/bin/env python3
"""Passes the trials of `cnnc tune` on to the workers of a Dask cluster: dask_runner.py --scheduler ADDRESS -- COMMAND...

COMMAND is what answers trials on one machine, `cnnc tune --worker ...`; it must exist under that path on every worker's machine. The workers must be of
one kind, for the times to be comparable, and run one trial at a time each. This program speaks the same lines of JSON as COMMAND does: a hello,
then a reply to each request, in any order.
"""

import argparse
import json
import queue
import sys
import threading


def _child(worker, command, patience):
    """A Dask worker's own COMMAND: (process, lines of its output, its hello). Started when it is missing or dead."""
    import subprocess

    held = getattr(worker, "cnnc_child", None)
    if held and held[0].poll() is None:
        return held
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines = queue.Queue()

    def read():
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    worker.cnnc_child = (process, lines, json.loads(lines.get(timeout=patience)))
    return worker.cnnc_child


def hello(command, patience, dask_worker):
    """What COMMAND says of a worker's machine, or why it does not."""
    try:
        return _child(dask_worker, command, patience)[2]
    except (OSError, ValueError, queue.Empty) as error:
        return {"failure": f"'{command[0]}' does not answer: {error}"}


def trial(command, patience, request):
    """The reply to a request. A stalled or crashed COMMAND is a failure of the trial; the next trial starts another."""
    import distributed

    try:
        process, lines, _ = _child(distributed.get_worker(), command, patience)
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        line = lines.get(timeout=patience)
    except queue.Empty:
        process.kill()
        return {"id": request["id"], "times": [], "failure": f"took longer than {patience} s"}
    except (OSError, ValueError) as error:
        return {"id": request["id"], "times": [], "failure": f"the worker does not answer: {error}"}
    if not line:
        return {"id": request["id"], "times": [], "failure": f"the worker ended with status {process.wait()}"}
    return json.loads(line)


def say(document, lock=threading.Lock()):
    with lock:
        print(json.dumps(document), flush=True)


def serve(client, options):
    """Answers requests until standard input ends."""
    workers = list(client.run(hello, options.command, options.patience).items())
    if not workers:
        raise ValueError(f"the scheduler {options.scheduler} has no workers")
    first = workers[0][1]
    for address, answer in workers:
        if "failure" in answer:
            raise ValueError(f"worker {address}: {answer['failure']}")
        if answer != first:
            raise ValueError(f"worker {address} is another machine or version than {workers[0][0]}; tune on machines of one kind")
    say({**first, "slots": len(workers)})
    for line in sys.stdin:
        future = client.submit(trial, options.command, options.patience, json.loads(line), pure=False, retries=0)
        future.add_done_callback(lambda done, identifier=json.loads(line)["id"]: say(
            done.result() if done.status == "finished" else {"id": identifier, "times": [], "failure": f"the cluster lost the trial: {done.exception()}"}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scheduler", required=True, help="address of the Dask scheduler, such as tcp://host:8786")
    parser.add_argument("--patience", type=float, default=60, help="seconds after which a trial counts as stalled")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="after --: what answers trials on a worker's machine")
    options = parser.parse_args()
    options.command = options.command[1:] if options.command[:1] == ["--"] else options.command
    try:
        import distributed
    except ImportError:
        say({"failure": "Dask is not installed: pip install distributed into the Python that CNNC_PYTHON names"})
        return 1
    try:
        with distributed.Client(options.scheduler, timeout=options.patience) as client:
            serve(client, options)
    except (OSError, ValueError) as error:
        say({"failure": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
