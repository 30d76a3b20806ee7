"""A worker whose times are made up: fake_worker.py MACHINE_JSON MODE

A schedule with unroll=4 takes half the time of any other. MODE says what happens to a trial that holds one with unroll=1: `crash` ends the worker,
`stall` lets it sleep, `wrong` calls the result wrong, `refuse` fails the whole trial, `none` nothing. The trials are written to standard error.
"""
import json
import os
import re
import signal
import sys
import time

machine, mode = sys.argv[1:]
print(json.dumps({"cnnc": "1.0", "machine": json.loads(machine), "slots": 2}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    knobs = re.findall(r"exec\.kernel @variant\d+ .*?schedule <\"[\w.]+\", \{(.*?)\}>", request["module"])
    unrolls = [int(found.group(1)) if (found := re.search(r"unroll = (\d+)", text)) else 0 for text in knobs]
    bad = [unroll == 1 for unroll in unrolls]
    if any(bad[1:]):
        if mode == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if mode == "stall":
            time.sleep(100)
        if mode == "refuse":
            print(json.dumps({"id": request["id"], "times": [], "failure": "no such kernel"}), flush=True)
            continue
    times = [{"failure": "wrong"} if mode == "wrong" and bad[i] and i else {"seconds": 1e-4 if unroll == 4 else 2e-4, "error": 1e-7}
             for i, unroll in enumerate(unrolls)]
    print(json.dumps({"id": request["id"], "times": times}), flush=True)
