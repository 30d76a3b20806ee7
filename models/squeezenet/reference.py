"""torchvision's SqueezeNets."""
import torchvision.models as torchvision
from golden import Setting

NAMES = ["squeezenet1_0", "squeezenet1_1"]
SETTINGS = [
    *(Setting(name, getattr(torchvision, name)) for name in NAMES),
    *(Setting(name, lambda build=getattr(torchvision, name): build(num_classes=10), {"size": 117, "classes": 10}) for name in NAMES),
]
