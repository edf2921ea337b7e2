"""Makes the golden logits of every family: tiny seeded checkpoints and what Hugging Face transformers computes with them.

Run by hand:  pip install torch transformers safetensors && python make.py [recipe ...]
Writes <recipe>/config.json, golden.json (token ids, tensors, a hash of their bytes) and logits.f32 (little-endian float32, one window after
the other). The weights are in no file: every number follows from its tensor's name and its place in it, in a way that numpy here and
TypeScript (test/fixtures/golden-checkpoint.ts) compute alike, so a checkpoint is made again where it is needed.

config.json is what a repository of the family holds, not what the newest transformers writes; tensors have the names they have there.
"""
import hashlib
import json
import pathlib
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
WINDOWS = (24, 17)

BASE = dict(vocab_size=320, hidden_size=64, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, intermediate_size=96,
            max_position_embeddings=512, bos_token_id=1, eos_token_id=2, pad_token_id=0, rms_norm_eps=1e-5, tie_word_embeddings=False,
            hidden_act="silu")
MOE = dict(num_experts=8, num_experts_per_tok=2, moe_intermediate_size=32)
ROUTED = dict(n_routed_experts=8, num_experts_per_tok=2, moe_intermediate_size=32)
MLA = dict(**ROUTED, num_key_value_heads=4, n_shared_experts=1, kv_lora_rank=32, q_lora_rank=24, qk_nope_head_dim=32, qk_rope_head_dim=16,
           v_head_dim=32, n_group=1, topk_group=1, norm_topk_prob=True, routed_scaling_factor=2.5, first_k_dense_replace=1,
           num_nextn_predict_layers=0, topk_method="noaux_tc", scoring_func="sigmoid")
GRANITE = dict(embedding_multiplier=12.0, attention_multiplier=0.0625, residual_multiplier=0.22, logits_scaling=6.0, attention_bias=False)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=64)
YARN = dict(type="yarn", factor=4.0, original_max_position_embeddings=64)
DEEP_YARN = dict(type="yarn", factor=40, mscale=0.707, mscale_all_dim=0.707, original_max_position_embeddings=64, beta_fast=32, beta_slow=1)

# recipe: (prefix of the transformers class, keys of config.json beyond BASE, None to leave one out)
RECIPES = {
    "llama": ("Llama", dict(model_type="llama", rope_theta=10000.0, attention_bias=False, mlp_bias=False)),
    "llama3": ("Llama", dict(model_type="llama", rope_theta=500000.0, rope_scaling=LLAMA3, tie_word_embeddings=True, head_dim=16)),
    "llama-biases": ("Llama", dict(model_type="llama", rope_theta=10000.0, attention_bias=True)),
    "mistral": ("Mistral", dict(model_type="mistral", head_dim=32, sliding_window=None, rope_theta=1e6)),
    "mistral-window": ("Mistral", dict(model_type="mistral", sliding_window=8, rope_theta=1e6)),
    "qwen2": ("Qwen2", dict(model_type="qwen2", rope_theta=1e6, use_sliding_window=False, sliding_window=4096, max_window_layers=4)),
    "qwen3": ("Qwen3", dict(model_type="qwen3", head_dim=32, rope_theta=1e6, tie_word_embeddings=True, attention_bias=False,
                            use_sliding_window=False, sliding_window=None, max_window_layers=4)),
    "qwen3-yarn": ("Qwen3", dict(model_type="qwen3", head_dim=32, rope_theta=1e6, rope_scaling=YARN)),
    "qwen3_moe": ("Qwen3Moe", dict(model_type="qwen3_moe", **MOE, head_dim=32, norm_topk_prob=True, rope_theta=1e6, rms_norm_eps=1e-6,
                                   decoder_sparse_step=1, mlp_only_layers=[])),
    "mixtral": ("Mixtral", dict(model_type="mixtral", num_local_experts=8, num_experts_per_tok=2, rope_theta=1e6, sliding_window=None)),
    "qwen2_moe": ("Qwen2Moe", dict(model_type="qwen2_moe", **MOE, shared_expert_intermediate_size=48, norm_topk_prob=False, rope_theta=1e6,
                                   decoder_sparse_step=1, mlp_only_layers=[], use_sliding_window=False)),
    "olmoe": ("Olmoe", dict(model_type="olmoe", num_key_value_heads=4, num_experts=8, num_experts_per_tok=2, norm_topk_prob=False,
                            rope_theta=10000.0, clip_qkv=None, attention_bias=False)),
    "granite": ("Granite", dict(model_type="granite", **GRANITE, rope_theta=10000.0, mlp_bias=False)),
    "granitemoe": ("GraniteMoe", dict(model_type="granitemoe", **GRANITE, num_local_experts=8, num_experts_per_tok=2, rope_theta=10000.0)),
    "granitemoeshared": ("GraniteMoeShared", dict(model_type="granitemoeshared", **GRANITE, num_local_experts=8, num_experts_per_tok=2,
                                                  shared_intermediate_size=48, rope_theta=10000.0)),
    "glm4_moe": ("Glm4Moe", dict(model_type="glm4_moe", **ROUTED, head_dim=32, n_shared_experts=1, first_k_dense_replace=1, n_group=1,
                                 topk_group=1, routed_scaling_factor=1.5, norm_topk_prob=True, attention_bias=True, use_qk_norm=True,
                                 partial_rotary_factor=0.5, rope_theta=1e6, num_nextn_predict_layers=0)),
    "hy_v3": ("HYV3", dict(model_type="hy_v3", **MOE, head_dim=32, num_shared_experts=1, first_k_dense_replace=1,
                           router_scaling_factor=2.826, rope_theta=11158840.0, num_nextn_predict_layers=0)),
    "dots1": ("Dots1", dict(model_type="dots1", **ROUTED, num_key_value_heads=4, head_dim=32, n_shared_experts=2, first_k_dense_replace=1,
                            n_group=1, topk_group=1, norm_topk_prob=True, routed_scaling_factor=2.5, scoring_func="sigmoid",
                            rope_theta=1e6, sliding_window=None)),
    "minimax_m2": ("MiniMaxM2", dict(model_type="minimax_m2", num_local_experts=8, num_experts_per_tok=2, head_dim=32, rotary_dim=16,
                                     scoring_func="sigmoid", use_routing_bias=True, use_qk_norm=True, rope_theta=5e6)),
    "exaone_moe": ("ExaoneMoe", dict(model_type="exaone_moe", **MOE, head_dim=32, num_shared_experts=1, sliding_window=8, n_group=1,
                                     topk_group=1, scoring_func="sigmoid", norm_topk_prob=True, routed_scaling_factor=2.5,
                                     rope_theta=1e6, first_k_dense_replace=1,
                                     layer_types=["sliding_attention"] * 3 + ["full_attention"])),
    "mellum": ("Mellum", dict(model_type="mellum", **MOE, head_dim=32, sliding_window=8, norm_topk_prob=True,
                              layer_types=["full_attention"] + ["sliding_attention"] * 3,
                              rope_parameters=dict(full_attention=dict(rope_type="yarn", rope_theta=500000.0, factor=16.0,
                                                                       original_max_position_embeddings=64),
                                                   sliding_attention=dict(rope_type="default", rope_theta=500000.0)))),
    "deepseek_v2": ("DeepseekV2", dict(model_type="deepseek_v2", **ROUTED, hidden_size=32, num_hidden_layers=27, num_key_value_heads=4,
                                       n_shared_experts=2, first_k_dense_replace=1, kv_lora_rank=32, q_lora_rank=None,
                                       qk_nope_head_dim=32, qk_rope_head_dim=16, v_head_dim=32, topk_method="greedy", n_group=1,
                                       topk_group=1, norm_topk_prob=False, routed_scaling_factor=1.0, rope_theta=10000.0,
                                       rope_scaling=DEEP_YARN, scoring_func="softmax")),
    "deepseek_v2-groups": ("DeepseekV2", dict(model_type="deepseek_v2", **{**MLA, "topk_method": "group_limited_greedy", "n_group": 4,
                                              "topk_group": 2, "norm_topk_prob": False, "routed_scaling_factor": 16.0,
                                              "scoring_func": "softmax"}, rope_theta=10000.0)),
    "deepseek_v3": ("DeepseekV3", dict(model_type="deepseek_v3", **{**MLA, "n_group": 4, "topk_group": 2}, rope_theta=10000.0)),
    "deepseek_v3-yarn": ("DeepseekV3", dict(model_type="deepseek_v3", **{**MLA, "n_group": 4, "topk_group": 2}, rope_theta=10000.0,
                                            rope_scaling={**DEEP_YARN, "mscale": 1.0, "mscale_all_dim": 1.0})),
    "glm4_moe_lite": ("Glm4MoeLite", dict(model_type="glm4_moe_lite", **{**MLA, "routed_scaling_factor": 1.8}, rope_theta=1e6,
                                          attention_bias=False)),
    "kimi_k2": ("DeepseekV3", dict(model_type="kimi_k2", **{**MLA, "routed_scaling_factor": 2.827}, rope_theta=50000.0)),
}
VISION = dict(depth=2, hidden_size=32, intermediate_size=48, num_heads=2, out_hidden_size=64, patch_size=8, num_position_embeddings=16,
              deepstack_visual_indexes=[0])
for name, prefix, extra in (("qwen3_vl", "Qwen3VL", {}), ("qwen3_vl_moe", "Qwen3VLMoe", dict(**MOE, norm_topk_prob=True))):
    text = {**BASE, **extra, "head_dim": 32, "rope_theta": 5e6, "model_type": f"{name}_text",
            "rope_scaling": {"rope_type": "default", "mrope_section": [8, 4, 4], "mrope_interleaved": True}}
    RECIPES[name] = (prefix, dict(model_type=name, text_config=text, vision_config={"model_type": name, **VISION},
                                  image_token_id=300, video_token_id=301, vision_start_token_id=302, vision_end_token_id=303,
                                  tie_word_embeddings=False))


def numbers(name, count):
    """Uniform in [-1, 1): a hash of the tensor's name and each element's place, in uint32."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed)
        z = (z ^ (z >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        z = (z ^ (z >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        z = z ^ (z >> np.uint32(16))
    return (z >> np.uint32(8)).astype(np.float64) / 2**23 - 1


def fill_of(name, shape):
    """[mean, largest deviation], powers of two: matrices keep the size of what flows through them, norms matter, routers decide."""
    if name.endswith("norm.weight") or "norm" in name.rsplit(".", 2)[-2]:
        return [1, 0.25]
    if len(shape) == 1:
        return [0, 0.25]
    if "embed_tokens" in name:
        return [0, 1]
    inputs = shape[-1] if not name.endswith(("gate_up_proj", "experts.down_proj")) else shape[-2]
    scale = 2.0
    while scale * scale > 3.0 / inputs * 1.5:
        scale /= 2
    return [0, scale]


def weights(name, shape, fill):
    mean, scale = fill
    values = (mean + scale * numbers(name, int(np.prod(shape)))).astype(np.float32)
    # Rounded to bfloat16 by dropping what it can't hold: both sides then store the same bytes.
    return (values.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32).reshape(shape)


def original_form(recipe, name):
    """The Hub's names where the newest transformers writes others."""
    if recipe == "minimax_m2":
        return name
    return name


def make(recipe):
    prefix, keys = RECIPES[recipe]
    nested = "text_config" in keys
    config = {key: value for key, value in ({} if nested else BASE).items()}
    config.update(keys)
    kind = "ForConditionalGeneration" if nested else "ForCausalLM"
    config["architectures"] = [prefix + kind]
    config["torch_dtype"] = "bfloat16"
    model_class = getattr(transformers, prefix + kind)
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        loadable = {**config, "model_type": "deepseek_v3"} if recipe == "kimi_k2" else config
        (place / "config.json").write_text(json.dumps(loadable))
        parsed = model_class.config_class.from_pretrained(place)
        parsed._attn_implementation = "eager"
        model_class(parsed).to(torch.float32).save_pretrained(place / "shape")
        from safetensors import safe_open
        shapes = {}
        for file in sorted((place / "shape").glob("*.safetensors")):
            with safe_open(file, "pt") as opened:
                for name in opened.keys():
                    shapes[original_form(recipe, name)] = list(opened.get_slice(name).get_shape())
        tensors, hashed = [], hashlib.sha256()
        state = {}
        for name in sorted(shapes):
            fill = fill_of(name, shapes[name])
            values = weights(name, shapes[name], fill)
            hashed.update((values.view(np.uint32) >> np.uint32(16)).astype("<u2").tobytes())
            tensors.append([name, shapes[name], fill])
            state[name] = torch.from_numpy(values.copy()).to(torch.bfloat16)
        save_file(state, place / "model.safetensors", metadata={"format": "pt"})
        model, info = model_class.from_pretrained(place, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        bad = {key: value for key, value in info.items() if value and key in ("missing_keys", "unexpected_keys", "mismatched_keys")}
        assert not bad, (recipe, bad)
        model.eval()
        check_buffers(model, state)
        generator = np.random.default_rng(7)
        windows = [generator.integers(3, 256, length).tolist() for length in WINDOWS]
        logits = []
        with torch.no_grad():
            for window in windows:
                logits.append(model(input_ids=torch.tensor([window]), use_cache=False).logits[0].float().numpy().astype("<f4"))
    out = HERE / recipe
    out.mkdir(exist_ok=True)
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (out / "golden.json").write_text(json.dumps({
        "made_with": {"torch": torch.__version__, "transformers": transformers.__version__},
        "tokens": windows, "sha256": hashed.hexdigest(), "tensors": tensors}, separators=(",", ":")) + "\n")
    (out / "logits.f32").write_bytes(b"".join(one.tobytes() for one in logits))
    print(recipe, "tensors", len(tensors), "logits from", min(float(one.min()) for one in logits), "to", max(float(one.max()) for one in logits))


def check_buffers(model, state):
    """Correction biases are buffers: they must have arrived."""
    loaded = model.state_dict()
    for name, value in state.items():
        if name in loaded and "bias" in name:
            assert torch.equal(loaded[name].float(), value.float()), name


for recipe in sys.argv[1:] or RECIPES:
    make(recipe)
