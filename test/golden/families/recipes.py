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
    "llama-biases": recipe(family("LlamaForCausalLM", "llama", {**LLAMA, "attention_bias": True})),
    "llama3": recipe(
        family("LlamaForCausalLM", "llama", LLAMA, head_dim=32, rope_theta=500000.0, rope_scaling=LLAMA3_ROPE, tie_word_embeddings=True),
        counts=[{"rope_scaling": None}]),
    "mistral": recipe(family("MistralForCausalLM", "mistral", head_dim=32, rms_norm_eps=1e-5, rope_theta=1000000.0, sliding_window=None),
                      counts=[{"sliding_window": 8}]),
    "mistral-window": recipe(
        family("MistralForCausalLM", "mistral", rms_norm_eps=1e-5, sliding_window=8), counts=[{"sliding_window": None}]),
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

MELLUM_ROPE = {
    "full_attention": {"rope_type": "yarn", "rope_theta": 500000.0, "factor": 8.0, "original_max_position_embeddings": 64,
                       "beta_fast": 32.0, "beta_slow": 1.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 500000.0},
}
GRANITE_MOE = {**GRANITE, **LOCAL, "output_router_logits": False, "router_aux_loss_coef": 0.0}
SHARED_SCALED = {"first_k_dense_replace": 1, "n_group": 1, "topk_group": 1, "norm_topk_prob": True, "routed_scaling_factor": 1.5}
SCALED_COUNTS = [{"routed_scaling_factor": 1.0}]

MOE.update({
    "granitemoe": recipe(family("GraniteMoeForCausalLM", "granitemoe", GRANITE_MOE), counts=GRANITE_COUNTS),
    "granitemoeshared": recipe(family("GraniteMoeSharedForCausalLM", "granitemoeshared", GRANITE_MOE, shared_intermediate_size=48),
                               counts=GRANITE_COUNTS),
    "glm4_moe": recipe(
        family("Glm4MoeForCausalLM", "glm4_moe", ROUTED, SHARED_SCALED, attention_bias=True, head_dim=32, n_shared_experts=1,
               num_nextn_predict_layers=0, partial_rotary_factor=0.5, rms_norm_eps=1e-5, rope_scaling=None, rope_theta=1000000,
               use_qk_norm=True),
        counts=[{"partial_rotary_factor": 1.0}, *SCALED_COUNTS]),
    "hy_v3": recipe(
        family("HYV3ForCausalLM", "hy_v3", EXPERTS, dtype="bfloat16", enable_attention_fp32_softmax=False, enable_lm_head_fp32=True,
               enable_moe_fp32_combine=False, eod_token_id=END, expert_hidden_dim=32, first_k_dense_replace=1, head_dim=32,
               moe_router_enable_expert_bias=True, moe_router_use_sigmoid=True, num_nextn_predict_layers=0, num_shared_experts=1,
               output_router_logits=True, qk_norm=True, rms_norm_eps=1e-5,
               rope_parameters={"rope_theta": 11158840.0, "rope_type": "default"}, route_norm=True, router_scaling_factor=2.826,
               sep_token_id=END, transformers_version="5.6.0", use_grouped_mm=False,
               leave_out=("attention_dropout", "rope_theta", "torch_dtype")),
        counts=[{"router_scaling_factor": 1.0}, {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}}]),
    "dots1": recipe(
        family("Dots1ForCausalLM", "dots1", ROUTED, SHARED_SCALED, attention_bias=False, head_dim=32, max_window_layers=4, moe_layer_freq=1,
               n_shared_experts=2, num_key_value_heads=4, rope_scaling=None, routed_scaling_factor=2.5, scoring_func="noaux_tc",
               sliding_window=None),
        counts=[{"routed_scaling_factor": 1.0}, {"norm_topk_prob": False}]),
    "minimax_m2": recipe(
        family("MiniMaxM2ForCausalLM", "minimax_m2", LOCAL, AUXILIARY, attn_type_list=[1, 1, 1, 1], head_dim=32,
               layernorm_full_attention_beta=1.0, layernorm_linear_attention_beta=1.0, layernorm_mlp_beta=1.0, mlp_intermediate_size=96,
               mtp_transformer_layers=1, num_mtp_modules=3, qk_norm_type="per_layer", rope_theta=5000000, rotary_dim=16,
               router_jitter_noise=0.0, scoring_func="sigmoid", shared_intermediate_size=0, shared_moe_mode="sigmoid",
               sliding_window=None, use_mtp=True, use_qk_norm=True, use_routing_bias=True),
        counts=[{"rotary_dim": 32}]),
    "mellum": recipe(
        family("MellumForCausalLM", "mellum", EXPERTS, AUXILIARY, attention_bias=False, head_dim=32, norm_topk_prob=True, sliding_window=8,
               layer_types=["full_attention", *["sliding_attention"] * 3], mlp_layer_types=["sparse"] * 4, rope_parameters=MELLUM_ROPE,
               transformers_version="5.8.0", leave_out=("rope_theta",)),
        counts=[{"sliding_window": 512}, {"rope_parameters": {**MELLUM_ROPE, "full_attention": MELLUM_ROPE["sliding_attention"]}}]),
    "exaone_moe": recipe(
        family("ExaoneMoEForCausalLM", "exaone_moe", EXPERTS, SHARED_SCALED, head_dim=32,
               is_moe_layer=[False, True, True, True], layer_types=["sliding_attention"] * 3 + ["full_attention"],
               num_nextn_predict_layers=0, num_shared_experts=1, rms_norm_eps=1e-5, rope_scaling=None, rope_theta=1000000,
               routed_scaling_factor=2.5, scoring_func="sigmoid", sliding_window=8, sliding_window_pattern="LLLG",
               topk_method="noaux_tc"),
        counts=[{"sliding_window": 512}, {"routed_scaling_factor": 1.0}, {"norm_topk_prob": False}], **{"class": "ExaoneMoeForCausalLM"}),
    "deepseek": recipe(
        family("DeepseekForCausalLM", "deepseek", ROUTED, attention_bias=False, aux_loss_alpha=0.001, first_k_dense_replace=1,
               moe_layer_freq=1, n_shared_experts=2, norm_topk_prob=False, pretraining_tp=1, rope_scaling=None, scoring_func="softmax",
               seq_aux=True),
        counts=[{"norm_topk_prob": True}], shapes=DeepseekV1.shapes, oracle=DeepseekV1.oracle),
})

# Latent attention

MLA = {
    **ROUTED, "attention_bias": False, "aux_loss_alpha": 0.001, "ep_size": 1, "first_k_dense_replace": 1, "kv_lora_rank": 32,
    "moe_layer_freq": 1, "n_shared_experts": 1, "num_key_value_heads": 4, "pretraining_tp": 1, "q_lora_rank": 24, "qk_nope_head_dim": 32,
    "qk_rope_head_dim": 16, "rope_scaling": None, "seq_aux": True, "v_head_dim": 24,
}
DEEPSEEK_V2 = {**MLA, "n_group": 1, "n_shared_experts": 2, "norm_topk_prob": False, "routed_scaling_factor": 1.0,
               "scoring_func": "softmax", "topk_group": 1, "topk_method": "greedy"}
SIGMOID = {"norm_topk_prob": True, "routed_scaling_factor": 2.5, "scoring_func": "sigmoid", "topk_method": "noaux_tc"}
DEEPSEEK_V3 = {**MLA, **SIGMOID, "n_group": 4, "topk_group": 2, "num_nextn_predict_layers": 0}
KIMI_K2 = {**MLA, **SIGMOID, "n_group": 1, "topk_group": 1, "num_nextn_predict_layers": 0, "routed_scaling_factor": 2.827}


def yarn(factor, mscale, beta_fast=32):
    return {"beta_fast": beta_fast, "beta_slow": 1, "factor": factor, "mscale": mscale, "mscale_all_dim": mscale,
            "original_max_position_embeddings": 64, "type": "yarn"}


LATENT = {
    # llama.cpp takes a model without q_lora_rank only when it has 26 or 27 layers: many layers, small ones.
    "deepseek_v2": recipe(
        family("DeepseekV2ForCausalLM", "deepseek_v2", DEEPSEEK_V2, hidden_size=32, intermediate_size=48, kv_lora_rank=16,
               moe_intermediate_size=16, n_routed_experts=4, num_hidden_layers=27, q_lora_rank=None, qk_nope_head_dim=16,
               qk_rope_head_dim=8, rope_scaling=yarn(40, 0.707), v_head_dim=8),
        counts=[{"rope_scaling": None}, {"rope_scaling": yarn(40, 0)}]),
    "deepseek_v2-qlora": recipe(
        family("DeepseekV2ForCausalLM", "deepseek_v2", DEEPSEEK_V2, routed_scaling_factor=2.5), counts=[{"routed_scaling_factor": 1.0}]),
    # Three experts of two groups: the best two are in the best two groups anyway, as those are chosen by their best expert.
    "deepseek_v2-groups": recipe(
        family("DeepseekV2ForCausalLM", "deepseek_v2", DEEPSEEK_V2, n_group=4, num_experts_per_tok=3, routed_scaling_factor=2.5,
               topk_group=2, topk_method="group_limited_greedy"),
        counts=[{"topk_method": "greedy"}]),
    "deepseek_v3": recipe(
        family("DeepseekV3ForCausalLM", "deepseek_v3", DEEPSEEK_V3),
        counts=[{"routed_scaling_factor": 1.0}, {"norm_topk_prob": False}, {"n_group": 1, "topk_group": 1}]),
    "deepseek_v3-yarn": recipe(
        family("DeepseekV3ForCausalLM", "deepseek_v3", DEEPSEEK_V3, rope_scaling=yarn(40, 1.0)),
        counts=[{"rope_scaling": None}, {"rope_scaling": yarn(40, 0)}]),
    "glm4_moe_lite": recipe(
        family("Glm4MoeLiteForCausalLM", "glm4_moe_lite", MLA, SHARED_SCALED, num_nextn_predict_layers=0, partial_rotary_factor=1.0,
               rms_norm_eps=1e-5, rope_theta=1000000, routed_scaling_factor=1.8, topk_method="noaux_tc",
               leave_out=("aux_loss_alpha", "ep_size", "moe_layer_freq", "pretraining_tp", "seq_aux")),
        counts=[{"routed_scaling_factor": 1.0}, {"norm_topk_prob": False}]),
    "kimi_k2": recipe(
        family("DeepseekV3ForCausalLM", "kimi_k2", KIMI_K2, rope_scaling=yarn(32, 1.0, beta_fast=1.0), rope_theta=50000.0),
        counts=[{"rope_scaling": None}, {"rope_scaling": yarn(32, 1.0)}], load_as={"model_type": "deepseek_v3"}),
}

# Text parts of models that also see

VISION = {
    "deepstack_visual_indexes": [0], "depth": 1, "hidden_act": "gelu_pytorch_tanh", "hidden_size": 16, "in_channels": 3,
    "initializer_range": 0.02, "intermediate_size": 16, "num_heads": 2, "num_position_embeddings": 4, "out_hidden_size": 64,
    "patch_size": 4, "spatial_merge_size": 2, "temporal_patch_size": 2,
}
TEXT_ROPE = {"rope_scaling": {"mrope_interleaved": True, "mrope_section": [6, 5, 5], "rope_type": "default"}, "rope_theta": 5000000}


def sees(architecture, model_type, **text):
    """Qwen3-VL: the text model's keys nested, image tokens outside the windows."""
    inner = family("", f"{model_type}_text", {"attention_bias": False, "head_dim": 32, "dtype": "bfloat16"}, TEXT_ROPE, text)
    return {
        "architectures": [architecture], "image_token_id": 315, "model_type": model_type,
        "text_config": {key: value for key, value in inner.items() if key not in ("architectures", "transformers_version", "torch_dtype")},
        "tie_word_embeddings": False, "transformers_version": "4.57.0.dev0", "video_token_id": 316,
        "vision_config": {**VISION, "model_type": model_type}, "vision_end_token_id": 318, "vision_start_token_id": 317,
    }


SEEING = {
    "qwen3_vl": recipe(sees("Qwen3VLForConditionalGeneration", "qwen3_vl")),
    # Experts of 24: with 32, gate and up together would be as wide as the hidden size, and a forgotten transposition unseen.
    "qwen3_vl_moe": recipe(sees(
        "Qwen3VLMoeForConditionalGeneration", "qwen3_vl_moe", **{**EXPERTS, "moe_intermediate_size": 24}, decoder_sparse_step=1,
        mlp_only_layers=[], norm_topk_prob=True, router_aux_loss_coef=0.001), transposed=True),
}

RECIPES = {**DENSE, **MOE, **LATENT, **SEEING}
