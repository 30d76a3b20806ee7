"""timm's MobileNet v1 at the paper's width multipliers."""
from golden import Setting
from timm.models.efficientnet import _gen_mobilenet_v1, mobilenetv1_100


def thin(alpha, classes=1000):
    return lambda: _gen_mobilenet_v1(f"mobilenetv1_{100 * alpha:03.0f}", alpha, num_classes=classes)


SETTINGS = [
    Setting("mobilenet_v1", mobilenetv1_100),
    Setting("mobilenet_v1", thin(0.75), {"alpha": 0.75, "resolution": 192}, size=192),
    Setting("mobilenet_v1", thin(0.5), {"alpha": 0.5, "resolution": 160}, size=160),
    Setting("mobilenet_v1", thin(0.25, 10), {"alpha": 0.25, "resolution": 107, "classes": 10}, size=107),
]
