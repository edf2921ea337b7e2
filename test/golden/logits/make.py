"""Makes the golden logits: a tiny seeded qwen3_moe checkpoint and what Hugging Face transformers computes with it.

Run once, by hand:  pip install torch transformers safetensors && python make.py
Writes model.safetensors, config.json, golden.json (token ids) and logits.f32 (little-endian float32) beside this file.
Weights are float16-rounded before the logits are computed, so that the checkpoint can be stored in half the bytes.
"""
import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

HERE = pathlib.Path(__file__).parent
WINDOWS, LENGTH = 3, 40

torch.manual_seed(20240607)
config = Qwen3MoeConfig(
    vocab_size=96, hidden_size=64, intermediate_size=96, moe_intermediate_size=32, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, head_dim=32, num_experts=8, num_experts_per_tok=2,
    norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], tie_word_embeddings=False,
    max_position_embeddings=256, rope_theta=10000.0, rms_norm_eps=1e-6, attention_bias=False,
)
config._attn_implementation = "eager"
model = Qwen3MoeForCausalLM(config).float().eval()

# Larger than the default initialization, so that routers decide, norms matter and softmax is not flat.
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
        else:
            parameter.copy_(torch.randn_like(parameter) * (1.5 / parameter.shape[-1] ** 0.5))
        parameter.copy_(parameter.half().float())

tokens = torch.randint(0, config.vocab_size, (WINDOWS, LENGTH))
with torch.no_grad():
    logits = model(input_ids=tokens, use_cache=False).logits

# transformers 5 keeps the experts of a layer stacked; checkpoints on the Hub name every expert's matrices.
state = {}
for name, value in model.state_dict().items():
    value = value.half().contiguous()
    if name.endswith("experts.gate_up_proj"):
        stem, width = name.removesuffix("gate_up_proj"), config.moe_intermediate_size
        for expert in range(config.num_experts):
            assert value[expert].shape == (2 * width, config.hidden_size)
            state[f"{stem}{expert}.gate_proj.weight"] = value[expert, :width].contiguous()
            state[f"{stem}{expert}.up_proj.weight"] = value[expert, width:].contiguous()
    elif name.endswith("experts.down_proj"):
        stem = name.removesuffix("down_proj")
        for expert in range(config.num_experts):
            assert value[expert].shape == (config.hidden_size, config.moe_intermediate_size)
            state[f"{stem}{expert}.down_proj.weight"] = value[expert].contiguous()
    else:
        state[name] = value
save_file(state, HERE / "model.safetensors", metadata={"format": "pt"})
(HERE / "config.json").write_text(json.dumps({
    "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_act": "silu", "torch_dtype": "float16",
    "attention_bias": False, "attention_dropout": 0.0, "initializer_range": 0.02, "use_cache": True,
    "use_sliding_window": False, "sliding_window": None, "rope_scaling": None, "rope_theta": 10000.0,
    "router_aux_loss_coef": 0.001, "output_router_logits": False,
    **{key: getattr(config, key) for key in (
        "vocab_size", "hidden_size", "intermediate_size", "moe_intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "num_experts", "num_experts_per_tok", "norm_topk_prob", "decoder_sparse_step",
        "mlp_only_layers", "tie_word_embeddings", "max_position_embeddings", "rms_norm_eps")},
}, indent=2) + "\n")
(HERE / "golden.json").write_text(json.dumps({
    "made_with": {"torch": torch.__version__, "transformers": transformers.__version__}, "tokens": tokens.tolist(),
}) + "\n")
(HERE / "logits.f32").write_bytes(logits.float().numpy().astype("<f4").tobytes())
print("rope", config.rope_parameters)
print("logits", tuple(logits.shape), "from", float(logits.min()), "to", float(logits.max()))
print("\n".join(f"{k} {tuple(v.shape)}" for k, v in list(state.items())[:14]))
