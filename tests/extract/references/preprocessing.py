"""Preprocessing of published weights, as the libraries that publish them configure it.

    python preprocessing.py ARCHITECTURES > preprocessing.csv

ARCHITECTURES is a file with the names of architectures, one a line: those of
`extract --list-models`. Needs torchvision, timm and open_clip.

Columns: source and its version; architecture and tag; length of the shorter side after resizing, or
"whole" where the whole image is resized to the crop; filter; side of the crop; means and standard
deviations of red, green and blue from 0 to 1.
"""

import csv
import math
import sys
from importlib.metadata import version

import open_clip
import timm
import torchvision
from timm.data import resolve_data_config

IMAGENET = [(0.485, 0.456, 0.406), (0.229, 0.224, 0.225)]

# Tags of timm whose networks differ from the others of their architecture.
OTHER_NETWORKS = ("clip", "dinov3")

# What is said elsewhere: by the evaluation of DINOv2 (dinov2/data/transforms.py), by that of CORnet (run.py) and by the training
# of the ResNets for CIFAR (akamaster/pytorch_resnet_cifar10, trainer.py), whose images are 32 × 32.
ELSEWHERE = [
    ("dinov2 transforms.py", "", f"vit_{size}_patch14{registers}_dinov2", "lvd142m_224", 256, "bicubic", 224, *IMAGENET)
    for size in ("small", "base", "large", "giant")
    for registers in ("", "_reg4")
] + [
    ("CORnet run.py", "", "cornet_s", "imagenet1k", 256, "bilinear", 224, *IMAGENET),
] + [
    ("pytorch_resnet_cifar10 trainer.py", "", f"resnet{depth}_cifar10", "cifar10", "whole", "bilinear", 32, *IMAGENET)
    for depth in (20, 32, 44, 56, 110)
]


def of_torchvision(name):
    try:
        weights = torchvision.models.get_model_weights(name)
    except ValueError:
        return
    for of in weights:
        t = of.transforms()
        mean, std = t.mean, t.std
        if name in ("googlenet", "inception_v3"):
            # Published weights switch on `transform_input`: x * (std / 0.5) + (mean - 0.5) / 0.5.
            mean, std = [0.5] * 3, [0.5] * 3
        yield "torchvision", of.name.lower(), t.resize_size[0], t.interpolation.value, t.crop_size[0], mean, std


def of_timm(name):
    if not timm.is_model(name):
        return
    for full in timm.list_pretrained(f"{name}.*"):
        tag = full.split(".", 1)[1]
        if tag.startswith(OTHER_NETWORKS):
            continue
        config = resolve_data_config({}, pretrained_cfg=timm.get_pretrained_cfg(full).to_dict())
        side = config["input_size"][1]
        resize = math.floor(side / config["crop_pct"])
        if config["crop_mode"] == "squash":
            assert resize == side, full
            resize = "whole"
        else:
            assert config["crop_mode"] == "center", full
        yield "timm", tag, resize, config["interpolation"], side, config["mean"], config["std"]


def of_open_clip(name):
    plain = name.removesuffix("-quickgelu")
    if plain not in open_clip.list_models():
        return
    side = open_clip.get_model_config(plain)["vision_cfg"]["image_size"]
    is_quick = name.endswith("-quickgelu")
    for tag in open_clip.list_pretrained_tags_by_model(plain):
        config = open_clip.get_pretrained_cfg(plain, tag)
        # Weights that were trained with QuickGELU; ResNets have none in the image tower.
        # (Those of ViT-L-14-336 are listed under both names: there are no others.)
        is_both = plain.startswith("RN") or plain == "ViT-L-14-336"
        if not is_both and bool(config.get("quick_gelu")) != is_quick:
            continue
        resize = {"shortest": side, "squash": "whole"}[config["resize_mode"]]
        yield "open_clip_torch", tag, resize, config["interpolation"], side, config["mean"], config["std"]


def of_siglip(name):
    """SigLIP as in open_clip, whose image towers are networks of timm."""
    for model, tag in open_clip.list_pretrained():
        tower = open_clip.get_model_config(model)["vision_cfg"].get("timm_model_name")
        if "SigLIP" not in model or tower != name:
            continue
        config = open_clip.get_pretrained_cfg(model, tag)
        assert config["resize_mode"] == "squash", model
        version_2 = "v2_" if "SigLIP2" in model else ""
        languages = "_i18n" if "i18n" in model else ""
        tag = f"open_clip_{version_2}{tag}{languages}"
        side = open_clip.get_model_config(model)["vision_cfg"]["image_size"]
        print(f"{model} = {name}.{tag}", file=sys.stderr)
        yield "open_clip_torch", tag, "whole", config["interpolation"], side, config["mean"], config["std"]


def main():
    write = csv.writer(sys.stdout, lineterminator="\n").writerow
    write("source version architecture tag resize filter crop mean std".split())
    numbers = lambda values: " ".join(f"{x:.9g}" for x in values)
    for name in open(sys.argv[1]).read().split():
        for library in (of_torchvision, of_timm, of_open_clip, of_siglip):
            for source, tag, resize, filter, crop, mean, std in library(name) or ():
                write([source, version(source), name, tag, resize, filter, crop, numbers(mean), numbers(std)])
    for *row, mean, std in ELSEWHERE:
        write([*row, numbers(mean), numbers(std)])


main()
