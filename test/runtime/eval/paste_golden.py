"""Writes paste_golden.npz beside this file: what torchvision's paste_masks_in_image makes of some masks and boxes. Run by hand, with torch and torchvision.

The picture is 40 high and 50 wide. Boxes: inside, of half pixels, beyond each border, a single pixel, larger than the picture, upside down.
"""
import pathlib

import numpy as np
import torch
from torchvision.models.detection.roi_heads import paste_masks_in_image

BOXES = [
    [3, 4, 31, 32], [10.5, 7.25, 22.75, 30.5], [-8.5, 5, 12, 25], [30, -9.25, 44, 11], [35, 20, 61.5, 33], [7, 25, 27, 48],
    [20, 20, 20, 20], [20.2, 20.2, 20.9, 20.9], [-30, -20, 90, 70], [12, 12, 13, 39], [0, 0, 50, 40], [48, 38, 50, 40],
]

generator = np.random.Generator(np.random.PCG64(1))
coarse = torch.from_numpy(generator.random((len(BOXES), 1, 7, 7), np.float32))
masks = torch.nn.functional.interpolate(coarse, (28, 28), mode="bicubic").clamp(0, 1)
boxes = torch.tensor(BOXES, dtype=torch.float32)
pasted = paste_masks_in_image(masks, boxes, (40, 50))
np.savez_compressed(pathlib.Path(__file__).with_name("paste_golden.npz"), masks=masks[:, 0].numpy(), boxes=boxes.numpy(), pasted=pasted[:, 0].numpy())
print(f"{len(BOXES)} masks, {int((pasted > 0.5).sum())} pixels")
