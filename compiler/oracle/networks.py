"""Networks as a bench names them, `NAME,parameter=value,...`, and the settings that `bench_settings.json` beside a spec has for its bench."""

import json
import os
import re

SETTINGS = "bench_settings.json"
BATCH = "max_batch"
PARAMETER = re.compile(r"[A-Za-z_]\w*=")


def parse(text):
    """[(name, {parameter: value})] of "resnet50,vgg16,size=192": networks and parameters between commas, but those in brackets are a value's."""
    result = []
    for part in re.findall(r"(?:\[[^\]]*\]?|[^,\[])+", text):
        part = part.strip()
        if not part:
            continue
        if not PARAMETER.match(part):
            result.append((part, {}))
        elif not result:
            raise ValueError(f"--networks: the parameter {part} follows no network")
        else:
            name, value = part.split("=", 1)
            result[-1][1][name] = value
    return result


def text(name, parameters):
    """The inverse of `parse` for one network."""
    return ",".join([name, *(f"{key}={value}" for key, value in parameters.items())])


def _folder(name, listed):
    if os.path.isfile(name):
        return os.path.dirname(name)
    if os.path.isdir(name):
        return name
    files = {network[key]: network["file"] for key in ("model", "name") for network in listed}
    return os.path.dirname(files[name]) if name in files else None


def settings(name, listed):
    """{parameter: value} for the bench of a network; `listed` is what `cnnc zoo` lists. Raises ValueError for a file that has no such form."""
    folder = _folder(name, listed)
    path = None if folder is None else os.path.join(folder, SETTINGS)
    if path is None or not os.path.exists(path):
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"{path}: expected an object with a value for each parameter")
    return {key: value if isinstance(value, str) else json.dumps(value, separators=(",", ":")) for key, value in values.items()}


def for_batches(network, batch):
    """{parameter: value} that makes a network of the zoo take up to `batch` images; None where it takes no batch."""
    if batch == 1:
        return {}
    return {BATCH: str(batch)} if any(parameter["name"] == BATCH for parameter in network["spec_parameters"]) else None


def sets(parameters):
    """The options that bind them."""
    return [f"--set={key}={value}" for key, value in parameters.items()]
