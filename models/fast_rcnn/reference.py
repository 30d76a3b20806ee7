"""Fast R-CNN from torchvision's parts. Settings have small pictures, few channels, few classes and much contrast, so that seeded weights find
objects of several classes."""
import numpy as np
from detection import alexnet_body, canvas_of, random_rois, vgg16_body
from golden import Setting, counted
from torch import nn
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.ops import roi_pool

BACKBONES = {"fastrcnn_vgg16": (vgg16_body, 7), "fastrcnn_alexnet": (alexnet_body, 6)}
WIDTHS = {"fastrcnn_vgg16": [64, 128, 256, 512, 512], "fastrcnn_alexnet": [64, 192, 384, 256, 256]}


class FastRCNN(nn.Module):
    """The parameters are those of the spec."""

    def __init__(self, network, widths, hidden=4096, classes=21, std=(0.229, 0.224, 0.225), min_size=600, max_size=1000, score_threshold=0.05, detections=100):
        super().__init__()
        body, self.bins = BACKBONES[network]
        self.features = body(widths)
        self.fc6 = nn.Linear(widths[-1] * self.bins**2, hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.cls_score = nn.Linear(hidden, classes)
        self.bbox_pred = nn.Linear(hidden, 4 * classes)
        self.transform = GeneralizedRCNNTransform(min_size, max_size, [0.485, 0.456, 0.406], std)
        self.heads = RoIHeads(None, None, None, 0.5, 0.5, 1, 0.25, None, score_threshold, 0.3, detections)

    def second_stage(self, pooled):
        x = self.fc7(self.fc6(pooled.flatten(1)).relu()).relu()
        return self.cls_score(x), self.bbox_pred(x)


def detect(module, image, rois, roi_count):
    images = canvas_of(module.transform, image)
    original, scaled = image.shape[:2], images.image_sizes[0]
    regions = resize_boxes(rois[: int(roi_count[0])], original, scaled)
    scores, deltas = module.second_stage(roi_pool(module.features(images.tensors), [regions], module.bins, 1 / 16))
    (boxes,), (scores,), (labels,) = module.heads.postprocess_detections(scores, deltas, [regions], [scaled])
    return {"boxes": resize_boxes(boxes, scaled, original), "scores": scores, "labels": labels}


def cost(module, canvas):
    """The map of `canvas` and one region."""
    channels = module.features(canvas).shape[1]
    module.second_stage(canvas.new_empty(1, channels, module.bins, module.bins))


def setting(network, picture, canvas, scaled, **parameters):
    """A picture of [height, width], scaled to sides `scaled` on `canvas`; 28 of 32 rows of regions count."""
    parameters = dict(hidden=64, classes=5, score_threshold=0.05, detections=12) | parameters
    parameters |= dict(min_size=scaled[0], max_size=scaled[1])
    inputs = {"image": (*picture, 3), "rois": random_rois(32, *picture), "roi_count": np.array([28], np.int32)}
    spec = parameters | dict(height=canvas[0], width=canvas[1], max_regions=32)
    return Setting(network, lambda: FastRCNN(network, **parameters), spec, inputs=inputs, run=detect)


SIZE = [608, 1024]
NETWORKS = {network: counted(lambda network=network, widths=widths: FastRCNN(network, widths), cost) for network, widths in WIDTHS.items()}
SHAPES = [((150, 230), (160, 224), (140, 224)), ((200, 120), (256, 160), (150, 250))]
SETTINGS = [setting("fastrcnn_vgg16", *shape, widths=[8, 16, 16, 32, 32], std=[0.01, 0.01, 0.01]) for shape in SHAPES]
SETTINGS += [setting("fastrcnn_alexnet", *shape, widths=[16, 32, 32, 32, 32], std=[0.02, 0.02, 0.02]) for shape in SHAPES]
