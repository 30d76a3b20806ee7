"""torchvision's residual networks: each whole on a small image, and one of a few blocks on an odd one."""
import torchvision.models as torchvision
from golden import Setting
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

VARIANTS = {
    "resnet18": (BasicBlock, {}),
    "resnet34": (BasicBlock, {}),
    "resnet50": (Bottleneck, {}),
    "resnet101": (Bottleneck, {}),
    "resnet152": (Bottleneck, {}),
    "resnext50_32x4d": (Bottleneck, {"groups": 32, "width_per_group": 4}),
    "resnext101_32x8d": (Bottleneck, {"groups": 32, "width_per_group": 8}),
    "resnext101_64x4d": (Bottleneck, {"groups": 64, "width_per_group": 4}),
    "wide_resnet50_2": (Bottleneck, {"width_per_group": 128}),
    "wide_resnet101_2": (Bottleneck, {"width_per_group": 128}),
}
FULL_SIZE = ["resnet50", "resnext50_32x4d"]


def shortened(name, depths):
    block, options = VARIANTS[name]
    return lambda: ResNet(block, depths, num_classes=10, **options)


SETTINGS = [
    *(Setting(name, getattr(torchvision, name), {} if name in FULL_SIZE else {"size": 64}) for name in VARIANTS),
    *(Setting(name, shortened(name, [1, 2, 1, 1]), {"size": 101, "depths": [1, 2, 1, 1], "classes": 10}) for name in VARIANTS),
]
