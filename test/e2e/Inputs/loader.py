"""The Python loader on the sample: loader.py FOLDER."""
import sys
from pathlib import Path

import cnnc
import numpy as np

folder = Path(sys.argv[1])
image = np.load(folder / "tiny.input.image.npy")
with cnnc.load(folder / "libtiny.so", threads=2) as model:
    print(model, *model.inputs, *model.outputs, sep="\n")
    result = model(image)
    for name, value in result.items():
        assert value.tobytes() == np.load(folder / f"tiny.expected.{name}.npy").tobytes(), name
    alone = model(image=image[0])
    assert alone["prob"].shape == (10,) and alone["prob"].tobytes() == result["prob"].tobytes()
    with model.profiling():
        model(image)
    print(f"profile of {len(model.profile())} launches, each called {sum(e.calls for e in model.profile()) / len(model.profile()):g} times")
    print("compiled for", model.metadata["target"]["name"])
