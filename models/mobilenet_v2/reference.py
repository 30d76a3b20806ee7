"""torchvision's MobileNetV2."""
import torchvision.models as torchvision
from golden import Setting

SETTINGS = [
    Setting("mobilenet_v2", torchvision.mobilenet_v2),
    Setting("mobilenet_v2", lambda: torchvision.mobilenet_v2(width_mult=0.5), {"width": 0.5, "size": 107}),
    Setting("mobilenet_v2", lambda: torchvision.mobilenet_v2(width_mult=1.4, num_classes=10), {"width": 1.4, "size": 96, "classes": 10}),
]
