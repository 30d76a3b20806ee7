"""Zeiler and Fergus's network, written down from figure 3 of the paper: nobody publishes one for torch."""
from golden import Setting
from torch import nn


class ZFNet(nn.Module):
    def __init__(self, classes=1000, cells=6):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2, padding=1)
        self.conv2 = nn.Conv2d(96, 256, 5, stride=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
        self.fc6 = nn.Linear(256 * cells * cells, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.last_pool = nn.MaxPool2d(3, stride=2)
        self.contrast = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)

    def forward(self, x):
        x = self.contrast(self.pool(self.conv1(x).relu()))
        x = self.contrast(self.pool(self.conv2(x).relu()))
        x = self.conv4(self.conv3(x).relu()).relu()
        x = self.last_pool(self.conv5(x).relu()).flatten(1)
        return self.fc8(self.fc7(self.fc6(x).relu()).relu())


SETTINGS = [
    Setting("zfnet", ZFNet),
    Setting("zfnet", lambda: ZFNet(10, 2), {"size": 100, "classes": 10}),
]
