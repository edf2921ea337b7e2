"""The golden families: config.json as an original repository of the family has it (keys of the transformers 4 era unless the family is
younger), the class that computes it, and config changes that must alter the logits ("counts")."""
from deepseek_v1 import DeepseekV1

END = 319
BASE = {
    "vocab_size": 320, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "hidden_act": "silu", "max_position_embeddings": 512, "initializer_range": 0.02, "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0, "attention_dropout": 0.0, "use_cache": True, "tie_word_embeddings": False, "bos_token_id": END,
    "eos_token_id": END, "torch_dtype": "bfloat16", "transformers_version": "4.51.0",
}
WITH_V5_CONFIG = ("llama3", "qwen3_moe", "glm4_moe")


def family(architecture, model_type, *parts, leave_out=(), **keys):
    """A config: the base, then what several families share, then the family's own keys."""
    config = {"architectures": [architecture], "model_type": model_type, **BASE}
    for part in (*parts, keys):
        config.update(part)
    return {key: value for key, value in config.items() if key not in leave_out}


def recipe(config, counts=(), **others):
    return {"config": config, "class": config["architectures"][0], "counts": counts, **others}


# Dense

LLAMA = {"attention_bias": False, "mlp_bias": False, "pretraining_tp": 1, "rms_norm_eps": 1e-5, "rope_scaling": None}
LLAMA3_ROPE = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
               "rope_type": "llama3"}
QWEN2 = {"max_window_layers": 4, "sliding_window": 512, "use_sliding_window": False, "rope_theta": 1000000.0}
QWEN3 = {"attention_bias": False, "head_dim": 32, "max_window_layers": 4, "sliding_window": None, "use_sliding_window": False,
         "rope_theta": 1000000, "rope_scaling": None}
QWEN_YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}
GRANITE = {"attention_bias": False, "attention_multiplier": 0.0625, "embedding_multiplier": 12.0, "logits_scaling": 6.0,
           "residual_multiplier": 0.22, "rope_scaling": None}
GRANITE_COUNTS = [{"attention_multiplier": 0.25}, {"embedding_multiplier": 1.0}, {"logits_scaling": 1.0}, {"residual_multiplier": 1.0}]

DENSE = {
    "llama": recipe(family("LlamaForCausalLM", "llama", LLAMA)),
    "llama3": recipe(
        family("LlamaForCausalLM", "llama", LLAMA, head_dim=32, rope_theta=500000.0, rope_scaling=LLAMA3_ROPE, tie_word_embeddings=True),
        counts=[{"rope_scaling": None}]),
    "mistral": recipe(family("MistralForCausalLM", "mistral", head_dim=32, rms_norm_eps=1e-5, rope_theta=1000000.0, sliding_window=None),
                      counts=[{"sliding_window": 8}]),
    "qwen2": recipe(family("Qwen2ForCausalLM", "qwen2", QWEN2)),
    "qwen3": recipe(family("Qwen3ForCausalLM", "qwen3", QWEN3)),
    "qwen3-yarn": recipe(family("Qwen3ForCausalLM", "qwen3", QWEN3, rope_scaling=QWEN_YARN), counts=[{"rope_scaling": None}]),
    "granite": recipe(family("GraniteForCausalLM", "granite", GRANITE, mlp_bias=False), counts=GRANITE_COUNTS),
}

# Mixture of experts

EXPERTS = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
ROUTED = {"n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
LOCAL = {"num_local_experts": 8, "num_experts_per_tok": 2, "intermediate_size": 32}
AUXILIARY = {"output_router_logits": False, "router_aux_loss_coef": 0.001}
QWEN3_MOE = {**QWEN3, **EXPERTS, **AUXILIARY, "decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": True}

MOE = {
    "qwen3_moe": recipe(family("Qwen3MoeForCausalLM", "qwen3_moe", QWEN3_MOE), counts=[{"norm_topk_prob": False}]),
    "qwen3_moe-dense-layer": recipe(family("Qwen3MoeForCausalLM", "qwen3_moe", QWEN3_MOE, mlp_only_layers=[1])),
    "mixtral": recipe(family("MixtralForCausalLM", "mixtral", LOCAL, AUXILIARY, rms_norm_eps=1e-5, rope_theta=1000000.0,
                             router_jitter_noise=0.0, sliding_window=None), counts=[{"sliding_window": 8}]),
    "qwen2_moe": recipe(family("Qwen2MoeForCausalLM", "qwen2_moe", QWEN2, EXPERTS, AUXILIARY, decoder_sparse_step=1, norm_topk_prob=False,
                               shared_expert_intermediate_size=48), counts=[{"norm_topk_prob": True}]),
    "olmoe": recipe(family("OlmoeForCausalLM", "olmoe", AUXILIARY, attention_bias=False, clip_qkv=None, intermediate_size=32,
                           norm_topk_prob=False, num_experts=8, num_experts_per_tok=2, num_key_value_heads=4, rms_norm_eps=1e-5,
                           rope_scaling=None), counts=[{"norm_topk_prob": True}]),
}

RECIPES = {**DENSE, **MOE}
