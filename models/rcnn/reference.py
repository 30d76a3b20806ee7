"""R-CNN from torch's parts: regions are sampled by grid_sample, which takes pixels outside the picture for 0. Settings have few channels and
classes, a contrast that lets seeded weights find objects of several classes, and weights that keep their boxes near the regions."""
import numpy as np
import torch
from detection import alexnet_features, random_rois, vgg16_features
from golden import Setting
from torch import nn
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import batched_nms

BACKBONES = {"rcnn_alexnet": (alexnet_features, 227, 36), "rcnn_vgg16": (vgg16_features, 224, 49)}
WIDTHS = {"rcnn_alexnet": [64, 192, 384, 256, 256], "rcnn_vgg16": [64, 128, 256, 512, 512]}


class RCNN(nn.Module):
    """The parameters are those of the spec; `cells` is the last map's number of cells."""

    def __init__(self, network, widths, size=None, cells=None, hidden=4096, classes=21, std=(0.229, 0.224, 0.225), delta_weights=(1, 1, 1, 1), score_threshold=-1.0, detections=100):
        super().__init__()
        body, native, native_cells = BACKBONES[network]
        self.size, self.std = size or native, torch.tensor(std, dtype=torch.float64)
        self.score_threshold, self.detections = score_threshold, detections
        self.coder = BoxCoder(tuple(map(float, delta_weights)))
        self.features = body(widths)
        cells = cells or native_cells
        self.fc6 = nn.Linear(widths[-1] * cells, hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.svm = nn.Linear(hidden, classes)
        self.bbox = nn.Linear(widths[-1] * cells, 4 * classes)

    def forward(self, regions):
        pool5 = self.features(regions).flatten(1)
        return self.svm(self.fc7(self.fc6(pool5).relu()).relu()), self.bbox(pool5)


def warp(module, image, rois):
    """Each region enlarged by its context of 16 cells a side, sampled at the centres of cells."""
    height, width = image.shape[:2]
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64)
    picture = ((image.double() / 255 - mean) / module.std).permute(2, 0, 1)
    centres = (rois[:, :2] + rois[:, 2:]) / 2
    sides = (rois[:, 2:] - rois[:, :2]) * module.size / (module.size - 32)
    at = (torch.arange(module.size, dtype=torch.float64) + 0.5) / module.size - 0.5
    x = (centres[:, 0, None] + at * sides[:, 0, None]) / width * 2 - 1
    y = (centres[:, 1, None] + at * sides[:, 1, None]) / height * 2 - 1
    grid = torch.stack([x[:, None, :].expand(-1, module.size, -1), y[:, :, None].expand(-1, -1, module.size)], 3)
    return nn.functional.grid_sample(picture.expand(len(rois), -1, -1, -1), grid, padding_mode="zeros", align_corners=False)


def detect(module, image, rois, roi_count):
    rois = rois[: int(roi_count[0])]
    scores, deltas = module(warp(module, image, rois))
    boxes = module.coder.decode(deltas, [rois])
    return best(boxes, scores, module.score_threshold, module.detections)


def best(boxes, scores, threshold, detections):
    """RoIHeads.postprocess_detections on decoded boxes, which may lie outside the picture, and scores without softmax."""
    classes = scores.shape[1]
    labels = torch.arange(classes).expand(len(scores), -1)[:, 1:].reshape(-1)
    boxes, scores = boxes[:, 1:].reshape(-1, 4), scores[:, 1:].reshape(-1)
    keep = (scores > threshold) & ((boxes[:, 2:] - boxes[:, :2]).amin(1) >= 1e-2)
    boxes, scores, labels = boxes[keep], scores[keep], labels[keep]
    keep = batched_nms(boxes, scores, labels, 0.3)[:detections]
    return {"boxes": boxes[keep], "scores": scores[keep], "labels": labels[keep]}


def setting(network, picture, cells, **parameters):
    """A picture of [height, width]; 20 of 24 rows of regions count."""
    parameters = dict(hidden=64, classes=5, delta_weights=[30, 30, 30, 30], detections=12) | parameters
    inputs = {"image": (*picture, 3), "rois": random_rois(24, *picture), "roi_count": np.array([20], np.int32)}
    return Setting(network, lambda: RCNN(network, cells=cells, **parameters), parameters | dict(max_regions=24), inputs=inputs, run=detect)


SIZE = 227
SIZES = {"rcnn_vgg16": 224}
NETWORKS = {network: lambda network=network, widths=widths: RCNN(network, widths) for network, widths in WIDTHS.items()}
LANDSCAPE, PORTRAIT = (150, 230), (200, 120)
SETTINGS = [
    setting("rcnn_alexnet", LANDSCAPE, 36, widths=[16, 32, 32, 32, 32], std=[0.1, 0.1, 0.1]),
    setting("rcnn_alexnet", PORTRAIT, 25, widths=[16, 32, 32, 32, 32], std=[0.1, 0.1, 0.1], size=195),
    setting("rcnn_vgg16", LANDSCAPE, 16, widths=[8, 16, 16, 32, 32], std=[0.03, 0.03, 0.03], size=128),
    setting("rcnn_vgg16", PORTRAIT, 9, widths=[8, 16, 16, 32, 32], std=[0.03, 0.03, 0.03], size=96),
]
