"""BN-Inception as the onnx package has it."""
from golden import Setting
from light import Light

SETTINGS = [
    Setting("inception_v2", lambda: Light("inception_v2")),
    Setting("inception_v2", lambda: Light("inception_v2"), {"size": 96}),
]
