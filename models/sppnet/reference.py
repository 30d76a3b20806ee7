"""SPPnet on ZF-5: the pyramid is torch's adaptive pooling."""
import torch
from detection import ZfBody, canvas_of
from golden import Setting, counted
from torch import nn
from torch.nn.functional import adaptive_max_pool2d
from torchvision.models.detection.transform import GeneralizedRCNNTransform


class SPPNet(ZfBody):
    """The parameters are those of the spec."""

    def __init__(self, widths=(96, 256, 384, 384, 256), levels=(6, 3, 2, 1), hidden=4096, classes=1000, min_size=224, max_size=224):
        super().__init__(widths, pads=(1, 0))
        self.levels = levels
        self.fc6 = nn.Linear(widths[-1] * sum(bins**2 for bins in levels), hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc8 = nn.Linear(hidden, classes)
        self.transform = GeneralizedRCNNTransform(min_size, max_size, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])

    def forward(self, canvas):
        x = super().forward(canvas)
        x = torch.cat([adaptive_max_pool2d(x, bins).flatten(1) for bins in self.levels], 1)
        return self.fc8(self.fc7(self.fc6(x).relu()).relu()).softmax(1)


def classify(module, image):
    return {"probabilities": module(canvas_of(module.transform, image).tensors)}


def setting(picture, canvas, scaled, **parameters):
    """A picture of [height, width], scaled to sides `scaled` on `canvas`: the one that torchvision pads it to."""
    parameters = dict(hidden=64, classes=10, min_size=scaled[0], max_size=scaled[1]) | parameters
    return Setting("sppnet_zf", lambda: SPPNet(**parameters), parameters | dict(height=canvas[0], width=canvas[1]), inputs={"image": (*picture, 3)}, run=classify)


SIZE = [224, 224]
NETWORKS = {"sppnet_zf": counted(SPPNet, lambda module, canvas: SPPNet.forward(module, canvas))}
SETTINGS = [
    setting((150, 230), (160, 224), (140, 224), widths=[16, 32, 32, 32, 32]),
    setting((200, 120), (256, 160), (150, 250), widths=[16, 32, 32, 32, 32], levels=[4, 2, 1]),
]
