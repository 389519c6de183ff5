"""Outputs of networks whose parameters and image are made by the formula of tests/common/formula.rs.

    python architectures.py architectures.json [NAME ...]

Writes, for each network, the names and shapes of its parameters (as a hash), and for each module
the mean and the standard deviation of its output and 32 evenly spaced values. With names, only
these networks are replaced in the file. Needs torch, torchvision, timm and open_clip, on a CPU.
"""

import hashlib
import json
import os
import sys
from importlib.metadata import version

import numpy as np
import torch

N_VALUES = 32


def formula(key, n):
    seed = 0xCBF29CE484222325
    for byte in key.encode():
        seed = ((seed ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return 2.0 * ((z >> np.uint64(40)).astype(np.float64) / 2.0**24) - 1.0


def parameter(key, shape, conv_gain):
    last = key.split(".")[-1]
    rank = len(shape)
    v = formula(key, int(np.prod(shape)))
    gain = 1.0 if rank == 2 else conv_gain
    if last == "running_var":
        v = 0.5 + (v + 1.0) / 2.0
    elif last == "running_mean":
        v = 0.1 * v
    elif last == "logit_scale":
        v = 2.0 + 3.0 * v
    elif last in ("gamma", "gamma_1", "gamma_2", "layer_scale"):
        v = 0.5 + 0.1 * v
    elif rank == 1 and key.endswith("weight"):
        v = 1 + 0.1 * v
    elif rank == 1 and key.endswith("bias"):
        v = 0.1 * v
    elif rank >= 2 and (key.endswith("weight") or last == "proj"):
        v = v * np.sqrt(3.0 * gain / np.prod(shape[1:]))
    else:
        v = 0.02 * v
    return torch.from_numpy(v.astype(np.float32).reshape(shape))


def timm(name, **options):
    import timm

    return "timm", timm.create_model(name, **options)


def torchvision(name):
    import torchvision

    return "torchvision", getattr(torchvision.models, name)()


def open_clip(name):
    import open_clip

    return "open_clip_torch", open_clip.create_model(name).visual


def cornet():
    # https://github.com/dicarlolab/CORnet, commit d2cc2e0.
    from cornet.cornet_s import CORnet_S

    return "CORnet d2cc2e0", CORnet_S()


# Architecture: model, height and width of the image, gain of convolutions, modules.
NETWORKS = {
    "cornet_s": (cornet, (64, 97), 1.0, ["V1", "V2.conv1", "V4.norm2_1", "IT.nonlin2", "decoder.flatten", "decoder.linear"]),
    "convnextv2_atto": (lambda: timm("convnextv2_atto"), (64, 97), 2, ["stem", "stages.1.blocks.1.mlp", "head.norm", "head.fc"]),
    "convnextv2_tiny": (lambda: timm("convnextv2_tiny"), (64, 64), 2, ["stages.1.blocks.1.mlp", "stages.3", "head.fc"]),
    "swin_v2_t": (lambda: torchvision("swin_v2_t"), (100, 70), 2, ["features.1", "features.3.1.attn", "features.5.5", "features.6", "norm", "head"]),
    "beit_base_patch16_224": (lambda: timm("beit_base_patch16_224"), (224, 224), 2, ["blocks.0.attn", "blocks.5", "fc_norm", "head"]),
    "vit_small_patch14_reg4_dinov2": (lambda: timm("vit_small_patch14_reg4_dinov2", img_size=224), (224, 224), 2, ["pos_drop", "blocks.3", "norm", "fc_norm"]),
    "vit_base_patch16_siglip_224": (lambda: timm("vit_base_patch16_siglip_224"), (224, 224), 2, ["blocks.5", "attn_pool.kv", "fc_norm"]),
    "eva02_tiny_patch14_224": (lambda: timm("eva02_tiny_patch14_224"), (224, 224), 2, ["blocks.5", "fc_norm"]),
    "eva02_base_patch14_224": (lambda: timm("eva02_base_patch14_224"), (224, 224), 2, ["blocks.0.attn", "blocks.5", "fc_norm"]),
    "eva02_base_patch16_clip_224": (lambda: timm("eva02_base_patch16_clip_224"), (224, 224), 2, ["blocks.0.attn.norm", "norm", "head"]),
    "vit_small_patch16_dinov3": (lambda: timm("vit_small_patch16_dinov3"), (128, 192), 2, ["blocks.0.attn", "blocks.5", "norm", "fc_norm"]),
    "vit_small_plus_patch16_dinov3_qkvb": (lambda: timm("vit_small_plus_patch16_dinov3_qkvb"), (96, 64), 2, ["blocks.5", "norm", "fc_norm"]),
    "tf_efficientnet_b0": (lambda: timm("tf_efficientnet_b0"), (66, 97), 2.2, ["blocks.0", "blocks.5.1.bn2", "blocks.5.1.se", "global_pool", "classifier"]),
    "tf_efficientnet_b2": (lambda: timm("tf_efficientnet_b2"), (64, 64), 2.2, ["blocks.6", "classifier"]),
    "tf_efficientnet_b5": (lambda: timm("tf_efficientnet_b5"), (64, 33), 1.6, ["blocks.6", "classifier"]),
    "tf_efficientnet_b7": (lambda: timm("tf_efficientnet_b7"), (32, 40), 1.6, ["blocks.6", "classifier"]),
    "tf_efficientnet_b8": (lambda: timm("tf_efficientnet_b8"), (32, 32), 1.6, ["blocks.6", "classifier"]),
    "tf_efficientnet_lite0": (lambda: timm("tf_efficientnet_lite0"), (97, 66), 1.5, ["bn1", "blocks.3", "classifier"]),
    "tf_efficientnet_lite4": (lambda: timm("tf_efficientnet_lite4"), (64, 64), 1.5, ["blocks.6", "classifier"]),
}


# Networks that amplify rounding: attention multiplies cosines by up to 100.
IN_DOUBLE_PRECISION = ["swin_v2_t"]


def is_filled(key, tensor):
    return tensor.is_floating_point() and not key.endswith("relative_coords_table")


def reference(name):
    make, (height, width), gain, modules = NETWORKS[name]
    library, model = make()
    model.eval()
    state = model.state_dict()
    filled = {
        key: parameter(key, tuple(tensor.shape), gain) if is_filled(key, tensor) else tensor
        for key, tensor in state.items()
    }
    model.load_state_dict(filled)
    listed = sorted(f"{key} {list(tensor.shape)}" for key, tensor in state.items())
    if os.environ.get("KEYS"):
        with open(os.path.join(os.environ["KEYS"], name), "w") as file:
            file.write("\n".join(listed))
    outputs = {}

    def keep(module):
        def hook(_, __, output):
            if isinstance(output, tuple):
                output = output[0]
            outputs[module] = output.detach().clone()

        return hook

    for module in modules:
        if module != "output":
            model.get_submodule(module).register_forward_hook(keep(module))
    image = formula("image:0", 3 * height * width).astype(np.float32)
    image = torch.from_numpy(image).reshape(1, 3, height, width)
    if name in IN_DOUBLE_PRECISION:
        model, image = model.double(), image.double()
    with torch.no_grad():
        outputs["output"] = model(image)
    taps = {}
    for module in modules:
        values = outputs[module].numpy().astype(np.float64).ravel()
        places = [j * (len(values) - 1) // (N_VALUES - 1) for j in range(N_VALUES)]
        taps[module] = {
            "n": len(values),
            "mean": values.mean(),
            "std": values.std(),
            "values": [float(f"{x:.9g}") for x in values[places]],
        }
    return {
        "library": f"{library if ' ' in library else library + ' ' + version(library)}, torch {torch.__version__}",
        "image": [height, width],
        "conv_gain": gain,
        "n_parameters": sum(p.numel() for p in model.parameters()),
        "names_and_shapes": hashlib.sha256("\n".join(listed).encode()).hexdigest(),
        "taps": taps,
    }


def main(path, names):
    made = json.load(open(path)) if names else {}
    for name in names or NETWORKS:
        made[name] = reference(name)
        print(name, {tap: f"{t['std']:.3g}" for tap, t in made[name]["taps"].items()}, file=sys.stderr)
    with open(path, "w") as file:
        json.dump({name: made[name] for name in NETWORKS if name in made}, file, indent=1)
        file.write("\n")


main(sys.argv[1], sys.argv[2:])
