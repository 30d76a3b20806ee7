"""torchvision's DenseNets: each whole on a small image, and one of other depths, growth and compression."""
import torchvision.models as torchvision
from golden import Setting
from torchvision.models import DenseNet

NAMES = ["densenet121", "densenet161", "densenet169", "densenet201"]


def short():
    return DenseNet(growth_rate=20, block_config=(3, 2, 4), num_init_features=40, bn_size=2, num_classes=10)


SETTINGS = [
    *(Setting(name, getattr(torchvision, name), {} if name == "densenet121" else {"size": 64}) for name in NAMES),
    *(Setting(name, getattr(torchvision, name), {"size": 101}) for name in NAMES),
    Setting("densenet121", short, {"size": 96, "growth": 20, "depths": [3, 2, 4], "stem": 40, "bottleneck": 2, "classes": 10}),
]
