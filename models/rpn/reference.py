"""The first stage of torchvision's detectors with a feature pyramid. Settings have small pictures, few channels, and a contrast that gives deltas
of a modest size."""
from detection import canvas_of
from golden import Setting, counted
from torch import nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes
from torchvision.models.resnet import Bottleneck, ResNet


class Proposals(nn.Module):
    """The parameters are those of the spec."""

    def __init__(self, depths=(3, 4, 6, 3), channels=256, std=(0.229, 0.224, 0.225), min_size=800, max_size=1333, max_regions=1000, candidates=1000):
        super().__init__()
        stages = {f"layer{stage}": str(stage - 1) for stage in range(1, 5)}
        self.backbone = BackboneWithFPN(ResNet(Bottleneck, list(depths)), stages, [256, 512, 1024, 2048], channels)
        anchors = AnchorGenerator(((32,), (64,), (128,), (256,), (512,)), ((0.5, 1.0, 2.0),) * 5)
        self.rpn = RegionProposalNetwork(
            anchors, RPNHead(channels, 3), 0.7, 0.3, 256, 0.5, {"training": 0, "testing": candidates}, {"training": 0, "testing": max_regions}, 0.7
        )
        self.transform = GeneralizedRCNNTransform(min_size, max_size, [0.485, 0.456, 0.406], std)


def propose(module, image):
    """The proposals of one picture with their probabilities, which RegionProposalNetwork.forward leaves out."""
    images = canvas_of(module.transform, image)
    kept = {}

    def keep(proposals, objectness, image_shapes, per_level):
        boxes, kept["scores"] = type(module.rpn).filter_proposals(module.rpn, proposals, objectness, image_shapes, per_level)
        return boxes, kept["scores"]

    module.rpn.filter_proposals = keep
    (boxes,), _ = module.rpn(images, module.backbone(images.tensors))
    return {"boxes": resize_boxes(boxes, images.image_sizes[0], image.shape[:2]), "scores": kept["scores"][0]}


def setting(network, picture, canvas, scaled, **parameters):
    """A picture of [height, width], scaled to sides `scaled` on `canvas`: the one that torchvision pads it to."""
    parameters = dict(depths=[1, 1, 1, 1], channels=32, std=[2, 2, 2], max_regions=25, candidates=100) | parameters
    parameters |= dict(min_size=scaled[0], max_size=scaled[1])
    return Setting(network, lambda: Proposals(**parameters), parameters | dict(height=canvas[0], width=canvas[1]), inputs={"image": (*picture, 3)}, run=propose)


SIZE = [800, 1344]
DEPTHS = {"rpn_resnet50_fpn": (3, 4, 6, 3), "rpn_resnet101_fpn": (3, 4, 23, 3)}
NETWORKS = {
    network: counted(lambda depths=depths: Proposals(depths), lambda module, canvas: module.rpn.head(list(module.backbone(canvas).values()))) for network, depths in DEPTHS.items()
}
SHAPES = [((150, 230), (160, 224), (140, 224)), ((200, 120), (256, 160), (150, 250))]
SETTINGS = [setting("rpn_resnet50_fpn", *shape) for shape in SHAPES] + [setting("rpn_resnet101_fpn", *shape, depths=[1, 1, 2, 1]) for shape in SHAPES]
