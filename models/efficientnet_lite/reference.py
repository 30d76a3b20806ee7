"""timm's EfficientNet-Lite under the names of the published weights, those of EfficientNet-PyTorch."""
import re

import timm
from golden import Setting
from torch import nn


class Lite(nn.Module):
    """A network of timm with other names in its state_dict."""

    def __init__(self, name, **options):
        super().__init__()
        self.net = timm.create_model(name, **options)
        names, number = {}, {}
        for key in self.net.state_dict():
            stage = re.match(r"blocks\.(\d+\.\d+)\.", key)
            renames = {"conv_stem": "_conv_stem", "bn1": "_bn0", "conv_head": "_conv_head", "bn2": "_bn1", "classifier": "_fc"}
            if stage:
                at = number.setdefault(stage[1], len(number))
                first = stage[1].startswith("0.")
                parts = ["conv_dw", "bn1", "conv_pw", "bn2"] if first else ["conv_pw", "bn1", "conv_dw", "bn2", "conv_pwl", "bn3"]
                ours = ["_expand_conv", "_bn0", "_depthwise_conv", "_bn1", "_project_conv", "_bn2"]
                renames = {stage[0] + part: f"_blocks.{at}.{our}" for part, our in zip(parts, ours[-len(parts):])}
            layer, _, parameter = key.rpartition(".")
            names[key] = f"{renames[layer]}.{parameter}"
        self.names = names

    def forward(self, x):
        return self.net(x)

    def state_dict(self):
        return {self.names[key]: value for key, value in self.net.state_dict().items()}

    def load_state_dict(self, state, strict=True):
        theirs = {ours: key for key, ours in self.names.items()}
        return self.net.load_state_dict({theirs[name]: value for name, value in state.items()}, strict=strict)


SIZES = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite2": 260}
SETTINGS = [
    *(Setting(network, lambda network=network: Lite(f"tf_{network}"), size=size) for network, size in SIZES.items()),
    *(Setting(network, lambda network=network: Lite(f"tf_{network}", num_classes=10), {"size": 107, "classes": 10}) for network in SIZES),
]
