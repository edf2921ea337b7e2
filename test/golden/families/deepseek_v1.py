"""The first DeepSeekMoE (model_type "deepseek"), which transformers does not have: Llama's attention and dense layers, and a block of
routed and shared experts as in the modeling file of deepseek-ai/deepseek-moe-16b-base."""
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM


class Mlp(nn.Module):
    def __init__(self, hidden, width):
        super().__init__()
        self.gate_proj = nn.Linear(hidden, width, bias=False)
        self.up_proj = nn.Linear(hidden, width, bias=False)
        self.down_proj = nn.Linear(width, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Moe(nn.Module):
    """Softmax over all experts, the most probable ones weighted by their probability as it is, plus the shared experts."""

    def __init__(self, config):
        super().__init__()
        hidden, width = config["hidden_size"], config["moe_intermediate_size"]
        self.top, self.renormalise = config["num_experts_per_tok"], config["norm_topk_prob"]
        self.gate = nn.Linear(hidden, config["n_routed_experts"], bias=False)
        self.experts = nn.ModuleList(Mlp(hidden, width) for _ in range(config["n_routed_experts"]))
        self.shared_experts = Mlp(hidden, width * config["n_shared_experts"])

    def forward(self, x):
        weights, chosen = torch.topk(self.gate(x).softmax(dim=-1), self.top, dim=-1)
        if self.renormalise:
            weights = weights / (weights.sum(dim=-1, keepdim=True) + 1e-20)
        out = self.shared_experts(x)
        for expert, block in enumerate(self.experts):
            weight = (weights * (chosen == expert)).sum(dim=-1, keepdim=True)
            out = out + weight * block(x)
        return out


class DeepseekV1:
    """Names and logits of a recipe of this family, for make.py."""

    @staticmethod
    def model(config):
        llama = {key: value for key, value in config.items() if key not in ("model_type", "architectures")}
        llama_config = LlamaConfig.from_dict(llama)
        llama_config._attn_implementation = "eager"
        model = LlamaForCausalLM(llama_config)
        for at, layer in enumerate(model.model.layers):
            if at >= config["first_k_dense_replace"] and at % config["moe_layer_freq"] == 0:
                layer.mlp = Moe(config)
        return model.float()

    @staticmethod
    def shapes(config):
        return {name: list(value.shape) for name, value in DeepseekV1.model(config).state_dict().items()}

    @staticmethod
    def oracle(config, weights, tokens):
        model = DeepseekV1.model(config)
        model.load_state_dict({name: torch.from_numpy(value) for name, value in weights.items()}, strict=True)
        with torch.no_grad():
            return [model.eval()(input_ids=torch.tensor([window]), use_cache=False).logits[0] for window in tokens]
