"""torchvision's Inception v3, and with the auxiliary classifier, which torchvision runs in training only."""
from golden import Setting
from torchvision.models import Inception3

SIZE = 299


class WithAuxiliary(Inception3):
    def __init__(self):
        super().__init__(init_weights=False)

    def forward(self, x):
        features = []
        handle = self.Mixed_6e.register_forward_hook(lambda module, inputs, output: features.append(output))
        logits = super().forward(x)
        handle.remove()
        return {"logits": logits, "aux": self.AuxLogits(features[0])}


def inception_v3(classes=1000):
    return Inception3(classes, aux_logits=False, init_weights=False)


SETTINGS = [
    Setting("inception_v3", inception_v3),
    Setting("inception_v3", WithAuxiliary, {"aux": True}),
    Setting("inception_v3", lambda: inception_v3(10), {"size": 107, "classes": 10}),
]
