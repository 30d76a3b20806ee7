"""torchvision's residual networks."""
import torchvision.models as torchvision
from golden import Setting

NAMES = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
WIDE = ["wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"]
SETTINGS = [
    *(Setting(name, getattr(torchvision, name), {"size": 64}) for name in NAMES),
]
