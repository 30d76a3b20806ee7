"""torchvision's GoogLeNet."""
import torchvision.models as torchvision
from golden import Setting


def googlenet(classes=1000):
    return torchvision.GoogLeNet(classes, aux_logits=False, init_weights=False)


SETTINGS = [
    Setting("googlenet", googlenet),
    Setting("googlenet", lambda: googlenet(10), {"size": 107, "classes": 10}),
]
