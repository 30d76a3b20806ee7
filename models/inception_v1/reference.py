"""GoogLeNet as the onnx package has it, whose pools round down, and with pools that round up."""
from golden import Setting
from light import Light

SETTINGS = [
    Setting("inception_v1", lambda: Light("inception_v1", ceil_mode=True)),
    Setting("inception_v1", lambda: Light("inception_v1"), {"ceil_mode": False}),
    Setting("inception_v1", lambda: Light("inception_v1", ceil_mode=True), {"size": 107}),
]
