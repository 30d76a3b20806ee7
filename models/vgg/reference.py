"""torchvision's VGGs. Few hidden units keep the golden's test small; vgg16 is whole."""
import torch
import torchvision.models as torchvision
from golden import Setting
from torchvision.models.vgg import VGG, cfgs, make_layers

COLUMNS = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}


def narrow(column, normalise, hidden, scale=1):
    """A VGG with 1 / `scale` of the channels and `hidden` units in the classifier."""

    def build():
        layers = make_layers([width if width == "M" else width // scale for width in cfgs[column]], batch_norm=normalise)
        network = VGG(torch.nn.Sequential(), num_classes=10)
        network.features = layers
        network.classifier[0] = torch.nn.Linear(512 // scale * 7 * 7, hidden)
        network.classifier[3] = torch.nn.Linear(hidden, hidden)
        network.classifier[6] = torch.nn.Linear(hidden, 10)
        return network

    return build


NETWORKS = {network: getattr(torchvision, network) for name in COLUMNS for network in (name, f"{name}_bn")}
SETTINGS = [Setting("vgg16", torchvision.vgg16)]
for name, column in COLUMNS.items():
    for normalise in (False, True):
        network = f"{name}_bn" if normalise else name
        SETTINGS.append(Setting(network, narrow(column, normalise, 128), {"hidden": 128, "classes": 10}))
        SETTINGS.append(Setting(network, narrow(column, normalise, 64, 4), {"size": 450, "hidden": 64, "widths": [16, 32, 64, 128, 128], "classes": 10}))
