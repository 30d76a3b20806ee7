"""torchvision's AlexNet."""
import torchvision.models as torchvision
from golden import Setting
from torchvision.models import AlexNet

SETTINGS = [
    Setting("alexnet", torchvision.alexnet),
    Setting("alexnet", lambda: AlexNet(num_classes=10), {"size": 240, "classes": 10}),
    Setting("alexnet", lambda: AlexNet(num_classes=10), {"size": 420, "classes": 10}),
]
