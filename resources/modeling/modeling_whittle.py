"""Qwen3-MoE models written by Whittle, for Hugging Face transformers (5.x; 4.57 and later).

Load with AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True).

`config.whittle` says how the matrices of each layer lie in the safetensors files (tensors not named there are plain):

* packed: integer codes in the layout of GPTQ, `bits` wide per expert. value = (code - zero) * scale; 1 bit: (2 code - 1) * scale.
* factored: W_e = [S] + A_e f(M_e) + [C_e P], M_e = sum_j alpha_ej B_j or the expert's own basis B_j; with `transposed` all of it stands for
  the transpose of W_e. Tensors: `basis.J` (B_j), `mix` (alpha), `shared` (S), `left` or `left.K` (A), `correction` (C_e) with
  `correction_scale` when in 8 bits; P selects `columns`, or is drawn from a seed.

and `config.whittle["pruning"]` which experts a token may skip: online dynamic pruning (MC, arXiv 2410.06270). Of a token's gates
g_1 >= ... >= g_k the smallest m >= 1 experts run with g_1 + ... + g_m >= keep[layer] (g_1 + ... + g_k); their gates are divided by their sum where
the model normalizes gates. Of a sequence of n tokens the ceil(protectedShare n) most important run all k, ties to the earlier token. Importance of
token j in a layer: the L1 norm of the router's input vector t_j, times the mean over heads and over the queries i >= j of the attention A_ij it
receives. Tokens generated one by one on top of a cache are never protected: what they will receive is not known yet.

Simple rather than fast: packed matrices are decoded whenever an expert is used. No custom kernels; runs wherever PyTorch does.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM
from transformers.models.qwen3_moe.modeling_qwen3_moe import apply_rotary_pos_emb, repeat_kv

ATTENTION = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "attentionOutput": "o_proj"}
EXPERT = {"expertGate": "gate_proj", "expertUp": "up_proj", "expertDown": "down_proj"}
WORD = 0xFFFFFFFF


def parameter(*shape):
    return nn.Parameter(torch.empty(*shape), requires_grad=False)


def unpack(words, bits, count):
    """Codes of `bits` bits from 32-bit words (count * bits / 32, n), along the first dimension, lowest bit first -> (count, n)."""
    words = words.to(torch.int64) & WORD
    first = torch.arange(count, device=words.device) * bits
    word, shift = first // 32, (first % 32).unsqueeze(1)
    following = torch.clamp(word + 1, max=words.shape[0] - 1)
    return ((words[word] >> shift) | (words[following] << (32 - shift))) & ((1 << bits) - 1)


class PackedLinear(nn.Module):
    """A matrix (out, in) as codes."""

    def __init__(self, inputs, outputs, bits, group_size):
        super().__init__()
        self.inputs, self.outputs, self.bits, self.group_size = inputs, outputs, bits, group_size
        groups = inputs // group_size
        self.register_buffer("qweight", torch.zeros(inputs * bits // 32, outputs, dtype=torch.int32))
        self.register_buffer("scales", torch.zeros(groups, outputs, dtype=torch.float16))
        if bits > 1:
            self.register_buffer("qzeros", torch.zeros(groups, outputs * bits // 32, dtype=torch.int32))
            self.register_buffer("g_idx", torch.zeros(inputs, dtype=torch.int32))

    def weight_like(self, x):
        """(in, out), in the type of x."""
        codes = unpack(self.qweight, self.bits, self.inputs)
        scales = self.scales.float().repeat_interleave(self.group_size, dim=0)
        if self.bits == 1:
            return ((2 * codes - 1).float() * scales).to(x.dtype)
        zeros = unpack(self.qzeros.T.contiguous(), self.bits, self.outputs).T.repeat_interleave(self.group_size, dim=0)
        return ((codes - zeros).float() * scales).to(x.dtype)

    def forward(self, x):
        return x @ self.weight_like(x)


def splitmix32(seed):
    state = seed & WORD
    while True:
        state = (state + 0x9E3779B9) & WORD
        z = ((state ^ (state >> 16)) * 0x21F0AAAD) & WORD
        z = ((z ^ (z >> 15)) * 0x735A2D97) & WORD
        yield z ^ (z >> 15)


def signed_projection(rows, columns, nonzeros, seed):
    """P (rows, columns): `nonzeros` entries of +-1/sqrt(nonzeros) in each row, all of it drawn from the seed by integer arithmetic."""
    numbers = splitmix32(seed)
    projection = torch.zeros(rows, columns)
    magnitude = 1 / math.sqrt(nonzeros)
    for row in range(rows):
        taken = set()
        while len(taken) < nonzeros:
            position = (next(numbers) * columns) >> 32
            if position in taken:
                continue
            taken.add(position)
            projection[row, position] = -magnitude if next(numbers) >= 1 << 31 else magnitude
    return projection


class FactorGroup(nn.Module):
    """What the experts of a projection share. Sizes are those of the matrix the factors stand for: (out, in), transposed or not."""

    def __init__(self, form, inputs, outputs, experts):
        super().__init__()
        self.form, self.inputs = form, inputs
        ranks, residual = form["ranks"], form["residual"]
        self.basis = nn.ParameterDict({str(j): parameter(rank, inputs) for j, rank in enumerate(ranks) if rank > 0})
        if form["basisOf"] is None and ranks[0] > 0:
            self.mix = parameter(experts, len(ranks))
        if form["shared"]:
            self.shared = parameter(outputs, inputs)
        if form["leftOf"] is not None:
            ranked = {left: self.rank_of(expert) for expert, left in enumerate(form["leftOf"])}
            self.left = nn.ParameterDict({str(left): parameter(outputs, rank) for left, rank in ranked.items() if rank > 0})
        if residual is not None and residual["kind"] == "columns":
            self.register_buffer("columns", torch.zeros(residual["columns"], dtype=torch.int32))
        self.drawn = None

    def rank_of(self, expert):
        return self.form["ranks"][0 if self.form["basisOf"] is None else self.form["basisOf"][expert]]

    def basis_of(self, expert):
        """f(M_e) (r, in)"""
        if self.form["basisOf"] is None:
            total = sum(self.mix[expert, j] * self.basis[str(j)] for j in range(len(self.form["ranks"])))
        else:
            total = self.basis[str(self.form["basisOf"][expert])]
        return {"none": lambda m: m, "silu": F.silu, "tanh": torch.tanh}[self.form["activation"]](total)

    def projection_like(self, x):
        """P (rows, in). Drawn once, on first use: weights are loaded after modules are built."""
        residual = self.form["residual"]
        if residual["kind"] == "columns":
            return F.one_hot(self.columns.long(), self.inputs).to(x.dtype)
        if self.drawn is None:
            self.drawn = signed_projection(residual["rows"], self.inputs, residual["nonzeros"], residual["seed"])
        self.drawn = self.drawn.to(x.device)
        return self.drawn.to(x.dtype)


class FactoredLinear(nn.Module):
    """One expert's matrix as factors, most of them in its group."""

    def __init__(self, group, expert, outputs):
        super().__init__()
        self.expert = expert
        self.of = [group]  # in a list: the group is a module of its own, and must not be one of this module's too
        form = group.form
        rank, residual = group.rank_of(expert), form["residual"]
        if form["leftOf"] is None and rank > 0:
            self.left = parameter(outputs, rank)
        if residual is not None:
            kept = residual["columns"] if residual["kind"] == "columns" else residual["rows"]
            if residual["bits"] == 8:
                self.register_buffer("correction", torch.zeros(outputs, kept, dtype=torch.int8))
                self.register_buffer("correction_scale", torch.zeros(outputs, dtype=torch.float16))
            else:
                self.correction = parameter(outputs, kept)

    def correction_like(self, x):
        if self.correction.dtype != torch.int8:
            return self.correction.to(x.dtype)
        return (self.correction.float() * self.correction_scale.float().unsqueeze(1)).to(x.dtype)

    def terms(self, x):
        """The matrix as a sum of products of at most two: (first, second) means first @ second; second None: first alone."""
        group = self.of[0]
        if group.rank_of(self.expert) > 0:
            left = self.left if group.form["leftOf"] is None else group.left[str(group.form["leftOf"][self.expert])]
            yield left.to(x.dtype), group.basis_of(self.expert).to(x.dtype)
        if group.form["shared"]:
            yield group.shared.to(x.dtype), None
        if group.form["residual"] is not None:
            yield self.correction_like(x), group.projection_like(x)

    def forward(self, x):
        transposed = self.of[0].form["transposed"]
        total = 0
        for first, second in self.terms(x):
            if transposed:  # y = x T, T = first second
                y = x @ first
                total = total + (y if second is None else y @ second)
            else:  # y = x T^T
                y = x if second is None else x @ second.T
                total = total + y @ first.T
        return total


def build(owner, name, form, size, experts, expert):
    """The module of one matrix; what its projection shares becomes a module of `owner`. `size`: (inputs, outputs) of the matrix itself."""
    inputs, outputs = size
    if form is None:
        return nn.Linear(inputs, outputs, bias=False)
    if form["kind"] == "packed":
        return PackedLinear(inputs, outputs, form["bits"][expert], form["groupSize"])
    if form["transposed"]:
        inputs, outputs = outputs, inputs
    group = name.removesuffix("_proj") + "_factors"
    if not hasattr(owner, group):
        setattr(owner, group, FactorGroup(form, inputs, outputs, experts))
    return FactoredLinear(getattr(owner, group), expert, outputs)


class Expert(nn.Module):
    def __init__(self, block, config, forms, expert):
        super().__init__()
        sizes = {"gate_proj": (config.hidden_size, config.moe_intermediate_size), "up_proj": (config.hidden_size, config.moe_intermediate_size)}
        sizes["down_proj"] = (config.moe_intermediate_size, config.hidden_size)
        for role, name in EXPERT.items():
            setattr(self, name, build(block, name, forms.get(role), sizes[name], config.num_experts, expert))

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class WhittleMoeBlock(nn.Module):
    """Router and experts of one layer, in place of the stock block, whose experts are stacked."""

    def __init__(self, config, layer):
        super().__init__()
        self.top_k, self.normalize = config.num_experts_per_tok, config.norm_topk_prob
        self.gate = nn.Linear(config.hidden_size, config.num_experts, bias=False)
        forms = config.whittle["layers"][layer]
        self.experts = nn.ModuleList([Expert(self, config, forms, expert) for expert in range(config.num_experts)])
        pruning = config.whittle.get("pruning")
        self.keep = 1.0 if pruning is None else pruning["keep"][layer]
        self.protected_share = 0.0 if pruning is None else pruning["protectedShare"]
        self.received = None  # mean attention each token receives (batch, n), or None where none is protected

    def forward(self, hidden_states):
        x = hidden_states.reshape(-1, hidden_states.shape[-1])
        gates, chosen = F.softmax(self.gate(x).float(), dim=-1).topk(self.top_k, dim=-1)
        if self.normalize:
            gates = gates / gates.sum(dim=-1, keepdim=True)
        if self.keep < 1 and self.protected_share < 1:
            gates = self.prune(gates, self.protected(hidden_states))
        gates = gates.to(x.dtype)
        y = torch.zeros_like(x)
        for expert in torch.unique(chosen[gates > 0]).tolist():
            token, rank = torch.where((chosen == expert) & (gates > 0))
            y.index_add_(0, token, self.experts[expert](x[token]) * gates[token, rank].unsqueeze(1))
        return y.reshape(hidden_states.shape)

    def protected(self, hidden_states):
        """Which tokens run all their experts (batch * n)."""
        batch, n, _ = hidden_states.shape
        mask = torch.zeros(batch, n, dtype=torch.bool, device=hidden_states.device)
        if self.received is not None:
            importance = hidden_states.double().abs().sum(dim=-1) * self.received
            ranked = importance.argsort(dim=-1, descending=True, stable=True)
            mask.scatter_(1, ranked[:, : math.ceil(self.protected_share * n)], True)
            self.received = None
        return mask.reshape(-1)

    def prune(self, gates, protected):
        before = gates.double().cumsum(dim=-1)
        count = 1 + (before < self.keep * before[:, -1:]).sum(dim=-1)
        count = torch.where(protected, self.top_k, count.clamp(max=self.top_k))
        kept = torch.arange(self.top_k, device=gates.device) < count.unsqueeze(1)
        pruned = torch.where(kept, gates, 0.0)
        whole = (count == self.top_k).unsqueeze(1)
        return torch.where(whole, gates, pruned / pruned.sum(dim=-1, keepdim=True)) if self.normalize else pruned


def watch_attention(block):
    """A hook before self-attention that tells `block` the mean attention each token will receive from the queries that can see it."""

    def hook(attention, arguments, keywords):
        hidden = keywords.get("hidden_states", arguments[0] if arguments else None)
        cache = keywords.get("past_key_values", keywords.get("past_key_value"))
        block.received = None
        if cache is not None and cache.get_seq_length(attention.layer_idx) > 0:
            return
        batch, n, _ = hidden.shape
        heads = (batch, n, -1, attention.head_dim)
        query = attention.q_norm(attention.q_proj(hidden).view(heads)).transpose(1, 2)
        key = attention.k_norm(attention.k_proj(hidden).view(heads)).transpose(1, 2)
        query, key = apply_rotary_pos_emb(query, key, *keywords["position_embeddings"])
        scores = (query @ repeat_kv(key, attention.num_key_value_groups).transpose(2, 3)).float() * attention.scaling
        seen = torch.ones(n, n, dtype=torch.bool, device=hidden.device).tril().expand(batch, 1, n, n)
        mask = keywords.get("attention_mask")
        if mask is not None and mask.dim() == 4:
            mask = mask[:, :1, :, :n]
            seen = seen & (mask if mask.dtype == torch.bool else mask > torch.finfo(mask.dtype).min / 2)
        given = scores.masked_fill(~seen, float("-inf")).softmax(dim=-1).nan_to_num()  # a padding query sees nothing
        block.received = given.double().mean(dim=1).sum(dim=1) / seen[:, 0].sum(dim=1).clamp(min=1)

    return hook


class WhittleQwen3MoeConfig(Qwen3MoeConfig):
    model_type = "whittle_qwen3_moe"


class WhittleQwen3MoeForCausalLM(Qwen3MoeForCausalLM):
    config_class = WhittleQwen3MoeConfig

    def __init__(self, config):
        super().__init__(config)
        hidden, head = config.hidden_size, config.head_dim
        query, key = config.num_attention_heads * head, config.num_key_value_heads * head
        sizes = {"q_proj": (hidden, query), "k_proj": (hidden, key), "v_proj": (hidden, key), "o_proj": (query, hidden)}
        for index, layer in enumerate(self.model.layers):
            forms = config.whittle["layers"][index]
            layer.mlp = WhittleMoeBlock(config, index)
            for role, name in ATTENTION.items():
                if role in forms:
                    setattr(layer.self_attn, name, build(layer.self_attn, name, forms[role], sizes[name], 1, 0))
            if layer.mlp.keep < 1 and 0 < layer.mlp.protected_share < 1:
                layer.self_attn.register_forward_pre_hook(watch_attention(layer.mlp), with_kwargs=True)
        self.post_init()
