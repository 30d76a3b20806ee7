"""torchvision's FasterRCNN on the last map of VGG-16 or ZF-5, with torchvision.ops.roi_pool. Settings have small pictures, few channels, few
classes and much contrast, so that seeded weights find objects of several classes."""
from detection import RoiPool, cost, detect, vgg16_body, ZfBody
from golden import Setting, counted
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead

BACKBONES = {"fasterrcnn_vgg16": (vgg16_body, 7), "fasterrcnn_zf": (ZfBody, 6)}
WIDTHS = {"fasterrcnn_vgg16": [64, 128, 256, 512, 512], "fasterrcnn_zf": [96, 256, 384, 384, 256]}


def detector(network, widths, hidden=4096, classes=21, std=(0.229, 0.224, 0.225), min_size=600, max_size=1000, sizes=(128, 256, 512), max_regions=300, candidates=6000, score_threshold=0.05, detections=100):
    """How to build the network; the parameters are those of the spec."""
    body, bins = BACKBONES[network]

    def build():
        backbone = body(widths)
        backbone.out_channels = widths[-1]
        module = FasterRCNN(
            backbone,
            rpn_anchor_generator=AnchorGenerator((tuple(sizes),), ((0.5, 1.0, 2.0),)),
            box_head=TwoMLPHead(widths[-1] * bins**2, hidden),
            box_predictor=FastRCNNPredictor(hidden, classes),
            rpn_pre_nms_top_n_test=candidates,
            rpn_post_nms_top_n_test=max_regions,
            image_std=std,
            min_size=min_size,
            max_size=max_size,
            box_score_thresh=score_threshold,
            box_detections_per_img=detections,
        )
        module.roi_heads.box_roi_pool = RoiPool(bins)
        return module

    return build


def setting(network, picture, canvas, scaled, **parameters):
    """A picture of [height, width], scaled to sides `scaled` on `canvas`: the one that torchvision pads it to."""
    parameters = dict(hidden=64, classes=5, sizes=[32, 64, 128], max_regions=40, candidates=200, score_threshold=0.05, detections=12) | parameters
    parameters |= dict(min_size=scaled[0], max_size=scaled[1])
    build = detector(network, **parameters)
    return Setting(network, build, parameters | dict(height=canvas[0], width=canvas[1]), inputs={"image": (*picture, 3)}, run=detect)


SIZE = [608, 1024]
NETWORKS = {network: counted(detector(network, widths), cost) for network, widths in WIDTHS.items()}
SHAPES = [((150, 230), (160, 224), (140, 224)), ((200, 120), (256, 160), (150, 250))]
SETTINGS = [setting("fasterrcnn_vgg16", *shape, widths=[8, 16, 16, 32, 32], std=[0.01, 0.01, 0.01]) for shape in SHAPES]
SETTINGS += [setting("fasterrcnn_zf", *shape, widths=[16, 32, 32, 32, 32], std=[0.01, 0.01, 0.01]) for shape in SHAPES]
