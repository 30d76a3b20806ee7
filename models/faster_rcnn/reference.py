"""torchvision's detectors with a feature pyramid. Settings have small pictures, few channels and few classes, and a contrast
that gives deltas of a modest size: those of seeded weights are large, and their exponentials would magnify every last bit."""
import torchvision.models.detection as torchvision
from detection import cost, detect
from golden import Setting, counted
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.resnet import Bottleneck, ResNet


def small(masks, depths, channels, hidden, classes, max_regions, **options):
    """A detector with another backbone and other widths; its parameters are those of the spec."""

    def build():
        body = ResNet(Bottleneck, depths)
        stages = {f"layer{stage}": str(stage - 1) for stage in range(1, 5)}
        backbone = BackboneWithFPN(body, stages, [256, 512, 1024, 2048], channels)
        common = dict(
            rpn_anchor_generator=AnchorGenerator(((32,), (64,), (128,), (256,), (512,)), ((0.5, 1.0, 2.0),) * 5),
            box_head=TwoMLPHead(channels * 49, hidden),
            box_predictor=torchvision.faster_rcnn.FastRCNNPredictor(hidden, classes),
            rpn_pre_nms_top_n_test=max_regions,
            rpn_post_nms_top_n_test=max_regions,
            image_std=options["std"],
            min_size=options["min_size"],
            max_size=options["max_size"],
            box_score_thresh=options["score_threshold"],
            box_detections_per_img=options["detections"],
        )
        if not masks:
            return torchvision.FasterRCNN(backbone, **common)
        heads = MaskRCNNHeads(channels, (channels,) * 4, 1)
        return torchvision.MaskRCNN(backbone, **common, mask_head=heads, mask_predictor=MaskRCNNPredictor(channels, channels, classes))

    return build


def setting(network, picture, canvas, scaled, **parameters):
    """A picture of [height, width], scaled to sides `scaled` on `canvas`: the one that torchvision pads it to."""
    parameters = dict(depths=[1, 1, 1, 1], channels=32, hidden=64, classes=5, std=[1, 1, 1], max_regions=60, score_threshold=0.01, detections=16) | parameters
    parameters |= dict(height=canvas[0], width=canvas[1], min_size=scaled[0], max_size=scaled[1])
    build = small("mask" in network, **{name: value for name, value in parameters.items() if name not in ("height", "width")})
    return Setting(network, build, parameters, inputs={"image": (*picture, 3)}, run=detect)


def full(network):
    builder = getattr(torchvision, network)
    return counted(lambda: builder(weights=None, weights_backbone=None), cost)


SIZE = [800, 1344]
NETWORKS = {network: full(network) for network in ("fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn")}
SETTINGS = [
    setting(network, *shape, **parameters)
    for network in NETWORKS
    for shape, parameters in [
        (((150, 230), (160, 224), (140, 224)), {}),
        (((200, 120), (256, 160), (150, 250)), {"classes": 4}),
        (((90, 140), (128, 160), (128, 160)), {"depths": [3, 4, 6, 3], "std": [4, 4, 4]}),
    ]
]
