"""Makes the golden families: tiny checkpoints as repositories of the Hub have them, and what Hugging Face transformers computes with them.

Run by hand:  pip install torch transformers safetensors numpy && python make.py [recipe ...]
Writes <recipe>/config.json (the dialect of the original repositories), golden.json (token ids, tensors, hash), logits.f32 (little-endian,
one window after the other) and, for a few, config.v5.json (what transformers 5 saves). Weights are not stored: fill.py makes them from
their names, and test/fixtures/golden-checkpoint.ts makes the same bits.
"""
import hashlib
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

from deepseek_v1 import DeepseekV1
from fill import TRANSPOSED, fill_of, values
from recipes import RECIPES, WITH_V5_CONFIG

HERE = pathlib.Path(__file__).parent
WINDOWS = (24, 17)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()


def main():
    for recipe in sys.argv[1:] or RECIPES:
        make(recipe, HERE / recipe)


def make(recipe, folder):
    spec = RECIPES[recipe]
    config = spec["config"]
    shapes = hub_shapes(spec)
    tensors = [(name, shape, fill_of(name, shape)) for name, shape in sorted(shapes.items())]
    weights = {name: values(name, shape, fill) for name, shape, fill in tensors}
    tokens = windows(recipe, config)
    logits = oracle(spec, weights, tokens)
    everything_counts(spec, weights, tokens, logits)

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    write_json(folder / "config.json", config)
    (folder / "golden.json").write_text(golden_text({
        "made_with": {"torch": torch.__version__, "transformers": transformers.__version__},
        "tokens": tokens,
        "sha256": hashlib.sha256(b"".join(weights[name].tobytes() for name, _, _ in tensors)).hexdigest(),
    }, tensors))
    (folder / "logits.f32").write_bytes(torch.cat(logits).numpy().astype("<f4").tobytes())
    if recipe in WITH_V5_CONFIG:
        v5 = v5_config(spec)
        assert distance(oracle({**spec, "config": v5}, weights, tokens), logits) == 0
        write_json(folder / "config.v5.json", v5)
    parameters = sum(value.size for value in weights.values())
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{recipe}: {len(tensors)} tensors, {parameters} weights, logits std {torch.cat(logits).std():.3f}, {size} bytes", flush=True)


def windows(recipe, config):
    """Two windows of ordinary token ids."""
    random = np.random.default_rng(sum(recipe.encode()))
    return [random.integers(3, config.get("vocab_size", 320) - 20, length).tolist() for length in WINDOWS]


def model_class(spec):
    return getattr(transformers, spec["class"])


def v5_view(spec):
    """The config under the model type whose class computes it."""
    return {**spec["config"], **spec.get("load_as", {})}


def empty_model(spec):
    config_class = model_class(spec).config_class
    return model_class(spec)(config_class.from_dict(v5_view(spec)))


def hub_shapes(spec):
    """Names and shapes of the tensors as the original repositories store them."""
    if "shapes" in spec:
        return spec["shapes"](spec["config"])
    with tempfile.TemporaryDirectory() as folder:
        empty_model(spec).save_pretrained(folder)
        saved = original(spec, load_folder(folder))
    return {name: list(value.shape) for name, value in saved.items()}


def original(spec, saved):
    """What transformers 5 saved, in the form of the original repositories where that is another."""
    if not spec.get("transposed"):
        return saved
    return {name: value.transpose(1, 2) if name.endswith(TRANSPOSED) else value for name, value in saved.items()}


def load_folder(folder):
    saved = {}
    for file in sorted(pathlib.Path(folder).glob("*.safetensors")):
        saved.update(load_file(file))
    return saved


def oracle(spec, weights, tokens, check=True):
    """Logits of every window, from the checkpoint in its original form."""
    if "oracle" in spec:
        return spec["oracle"](spec["config"], weights, tokens)
    with tempfile.TemporaryDirectory() as folder:
        write_json(pathlib.Path(folder) / "config.json", v5_view(spec))
        state = {name: torch.from_numpy(value).half() for name, value in weights.items()}
        save_file(state, pathlib.Path(folder) / "model.safetensors", metadata={"format": "pt"})
        model, info = model_class(spec).from_pretrained(
            folder, attn_implementation="eager", experts_implementation="eager", dtype=torch.float32, output_loading_info=True)
        assert not any(info[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    logits = logits_of(model, tokens)
    if check:
        arrived(spec, model, weights)
        # No router so undecided that rounding decides: another order of the same sums must give the same experts.
        assert distance(logits_of(model.double(), tokens), logits) < 1e-5
    return logits


def logits_of(model, tokens):
    with torch.no_grad():
        return [model.eval()(input_ids=torch.tensor([window]), use_cache=False).logits[0].float() for window in tokens]


def arrived(spec, model, weights):
    """Fails unless the model, saved again, holds exactly the generated numbers, buffers included."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = original(spec, load_folder(folder))
    assert saved.keys() == weights.keys(), saved.keys() ^ weights.keys()
    for name, value in weights.items():
        assert np.array_equal(saved[name].numpy(), value), name


def everything_counts(spec, weights, tokens, logits):
    """Fails when a kind of tensor could be forgotten, or a feature of the config ignored, without changing the logits."""
    kinds = {}
    for name in weights:
        kinds.setdefault(kind_of(name), []).append(name)
    for kind, names in kinds.items():
        if ".visual." in kind:
            continue
        flat = {name: np.full_like(weights[name], 1.0 if fill_of(name, weights[name].shape) == "norm" else 0.0) for name in names}
        other = oracle(spec, {**weights, **flat}, tokens, check=False)
        assert distance(other, logits) > 1e-3, f"{kind} does not count"
    for change in spec.get("counts", []):
        other = oracle({**spec, "config": {**spec["config"], **change}}, weights, tokens, check=False)
        assert distance(other, logits) > 1e-3, f"{change} does not count"


def kind_of(name):
    """A tensor's name without its numbers."""
    return ".".join("N" if part.isdigit() else part for part in name.split("."))


def distance(left, right):
    """||left - right|| / ||right||."""
    left, right = torch.cat(left), torch.cat(right)
    return float((left - right).norm() / right.norm())


def v5_config(spec):
    with tempfile.TemporaryDirectory() as folder:
        config = empty_model(spec).config
        config.save_pretrained(folder)
        return json.loads((pathlib.Path(folder) / "config.json").read_text())


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def golden_text(head, tensors):
    """One tensor a line."""
    lines = ",\n    ".join(json.dumps(list(tensor)) for tensor in tensors)
    fields = "".join(f'  {json.dumps(key)}: {json.dumps(value)},\n' for key, value in head.items())
    return f'{{\n{fields}  "tensors": [\n    {lines}\n  ]\n}}\n'


if __name__ == "__main__":
    main()
