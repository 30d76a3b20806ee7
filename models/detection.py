"""What references of detectors share: torchvision's detectors on a picture, and their parts for the figures."""
import numpy as np
import torch.nn.functional as F
import torchvision
from torch import nn
from torchvision.models.detection.transform import resize_boxes
from torchvision.models.alexnet import AlexNet
from torchvision.models.vgg import make_layers


def canvas_of(transform, image):
    """What torchvision's `transform` makes of a picture [H, W, 3] of bytes, as an ImageList. It computes in f32, as its rounded coordinates say
    which pixels are mixed; what follows is f64."""
    images, _ = transform([image.permute(2, 0, 1).float() / 255])
    images.tensors = images.tensors.double()
    return images


def features_of(module, canvas):
    features = module.backbone(canvas)
    return features if isinstance(features, dict) else {"0": features}


def detect(module, image):
    """The detections of one picture, masks as the mask head gives them: `run` of a Setting."""
    images = canvas_of(module.transform, image)
    features = features_of(module, images.tensors)
    proposals, _ = module.rpn(images, features)
    (result,), _ = module.roi_heads(features, proposals, images.image_sizes)
    result["boxes"] = resize_boxes(result["boxes"], images.image_sizes[0], image.shape[:2])
    if "masks" in result:
        result["masks"] = result["masks"][:, 0]
    return result


class RoiPool(nn.Module):
    """Instead of torchvision's MultiScaleRoIAlign: one map of which a cell is 16 pixels."""

    def __init__(self, bins):
        super().__init__()
        self.output_size = (bins, bins)

    def forward(self, features, boxes, image_shapes):
        return torchvision.ops.roi_pool(features["0"], boxes, self.output_size, 1 / 16)


def cost(module, canvas):
    """Runs each part of a torchvision detector that multiplies: the first stage on `canvas`, the second on one region."""
    features = list(features_of(module, canvas).values())
    module.rpn.head(features)
    heads = module.roi_heads

    def pooled(pool):
        return canvas.new_empty(1, features[0].shape[1], *pool.output_size)

    heads.box_predictor(heads.box_head(pooled(heads.box_roi_pool)))
    if heads.has_mask():
        heads.mask_predictor(heads.mask_head(pooled(heads.mask_roi_pool)))


def random_rois(rows, height, width, seed=1):
    """`rows` boxes of a picture, f32, with sides from an eighth of it up. Corners are no whole numbers, so that none lies halfway between cells."""
    generator = np.random.default_rng(seed)
    extent = np.array([width, height])
    sides = generator.uniform(1 / 8, 1, (rows, 2)) * extent
    corners = generator.uniform(0, 1, (rows, 2)) * (extent - sides)
    return np.concatenate([corners, corners + sides], 1).astype(np.float32)


def vgg16_features(widths, last_pool=True):
    """The convolutions of torchvision's VGG-16 with `widths` channels in the stages."""
    layers = []
    for depth, width in zip((2, 2, 3, 3, 3), widths):
        layers += [width] * depth + ["M"]
    return make_layers(layers if last_pool else layers[:-1])


def vgg16_body(widths):
    return vgg16_features(widths, last_pool=False)


def alexnet_features(widths, last_pool=True):
    """The convolutions of torchvision's AlexNet with `widths` channels."""
    features = AlexNet().features if last_pool else AlexNet().features[:-1]
    channels = 3
    for position, width in zip((0, 3, 6, 8, 10), widths):
        one = features[position]
        features[position] = nn.Conv2d(channels, width, one.kernel_size, one.stride, one.padding)
        channels = width
    return features


def alexnet_body(widths):
    return alexnet_features(widths, last_pool=False)


class ZfBody(nn.Module):
    """The convolutions of ZF-5, padded so that 16 pixels are a cell."""

    def __init__(self, widths, pads=(3, 2)):
        super().__init__()
        self.conv1 = nn.Conv2d(3, widths[0], 7, stride=2, padding=pads[0])
        self.conv2 = nn.Conv2d(widths[0], widths[1], 5, stride=2, padding=pads[1])
        self.conv3 = nn.Conv2d(widths[1], widths[2], 3, padding=1)
        self.conv4 = nn.Conv2d(widths[2], widths[3], 3, padding=1)
        self.conv5 = nn.Conv2d(widths[3], widths[4], 3, padding=1)

    def forward(self, x):
        for convolution in (self.conv1, self.conv2):
            x = F.max_pool2d(convolution(x).relu(), 3, stride=2, padding=1)
            x = F.local_response_norm(x, 5, alpha=5e-4, beta=0.75, k=2)
        return self.conv5(self.conv4(self.conv3(x).relu()).relu()).relu()
