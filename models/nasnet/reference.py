"""timm's NASNet-A (large), and what it does not have: fewer cells, and averages that leave the zeros around a map out."""
import torch
from golden import Setting
from timm.layers.pool2d_same import AvgPool2dSame
from timm.models.nasnet import NASNetALarge, nasnetalarge
from torch import nn


class Average(nn.Module):
    """The mean of the cells of the map in each 3x3 window of stride 2, as TensorFlow has it."""

    def __init__(self):
        super().__init__()
        self.sums = AvgPool2dSame(3, 2)

    def forward(self, x):
        return self.sums(x) / self.sums(torch.ones_like(x[:1, :1]))


class NASNet(NASNetALarge):
    """NASNet-A (cells @ 24 * filters)."""

    def __init__(self, cells, filters, stem, skip_reduction, classes=1000):
        super().__init__(classes, stem_size=stem, num_features=24 * filters)
        self.cells, self.skip_reduction = cells, skip_reduction
        for stage in range(3):
            for cell in range(cells, 6):
                delattr(self, f"cell_{6 * stage + cell}")
        for module in list(self.modules()):
            for name, child in module.named_children():
                if isinstance(child, AvgPool2dSame) and not isinstance(module, Average):
                    setattr(module, name, Average())

    def forward_features(self, x):
        before = self.conv0(x)
        last = self.cell_stem_0(before)
        before, last = last, self.cell_stem_1(before, last)
        for stage in range(3):
            if stage:
                reduced = getattr(self, f"reduction_cell_{stage - 1}")(last, before)
                before, last = before if self.skip_reduction else last, reduced
            for cell in range(self.cells):
                before, last = last, getattr(self, f"cell_{6 * stage + cell}")(last, before)
        return self.act(last)


SIZE = 331
SIZES = {"nasnet_mobile": 224}
SETTINGS = [
    Setting("nasnet_large", lambda: NASNet(6, 168, 96, True)),
    Setting("nasnet_large", lambda: NASNet(2, 168, 96, False, 10), {"size": 107, "cells": 2, "skip_reduction": False, "classes": 10}),
    Setting("nasnet_mobile", lambda: NASNet(4, 44, 32, False), {"size": 224}),
    Setting("nasnet_mobile", lambda: NASNet(2, 20, 16, True, 10), {"size": 107, "cells": 2, "filters": 20, "stem": 16, "skip_reduction": True, "classes": 10}),
    Setting("nasnetalarge", nasnetalarge, {"size": 107}),
    Setting("nasnetalarge", lambda: nasnetalarge(num_classes=10), {"size": 64, "classes": 10}),
]
