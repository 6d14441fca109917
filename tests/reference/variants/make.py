#!/usr/bin/env python3
"""Make the variants: tiny models of transformers whose switches stand as the usual ones do not.

    python make.py [NAME ...]       weights, config.json and reference.safetensors of each variant
    python make.py --five [NAME ...]  config-5.json beside them, and the variants of transformers 5

Made with transformers 4.57.6 and torch 2.8.0, and transformers 5.23.0 for the second. The same
versions give the same files: each tensor is random with a seed of its own.

A variant is a folder with a model in Hugging Face layout and what transformers computed from it:

    model.safetensors       the weights, bf16: random, and large enough that attention is not flat
    config.json             the configuration as transformers 4 writes it
    config-5.json           the same as transformers 5 writes it, where that is another text
    reference.safetensors   input_ids int64 [n], attention f32 [L, H, n, n], logits f32 [n, V]

The reference is computed in float64 as `examples/make_reference.py` does it (steps that
transformers takes in float32 for every dtype stay so), from the weights as they are stored; its
metadata say what computed it.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

try:
    from transformers.initialization import no_init_weights
except ImportError:
    from transformers.modeling_utils import no_init_weights

HERE = Path(__file__).parent

# What every variant starts from, by the names that most configurations use.
SIZES = dict(vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=4)
LLAMA = dict(
    SIZES, intermediate_size=24, num_key_value_heads=2, max_position_embeddings=64
)
GPT2 = dict(vocab_size=32, n_embd=16, n_layer=2, n_head=4, n_positions=32)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=32)
YARN |= dict(beta_fast=4.0, beta_slow=1.0)
EXPERTS = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=12)
LONG = dict(
    type="longrope", short_factor=[1.0, 1.1, 1.5, 2.0], long_factor=[1.2, 2.0, 4.0, 8.0]
)


def case(kind, n=20, dtype="float64", **config):
    """A variant: the class of its model, tokens, what it is computed in, its configuration."""
    return kind, n, dtype, config


def opt(**config):
    base = dict(SIZES, ffn_dim=24, max_position_embeddings=40, word_embed_proj_dim=16)
    return case("OPTForCausalLM", **(base | config))


def falcon(**config):
    base = dict(SIZES, bias=False, alibi=False, multi_query=True, parallel_attn=True)
    base |= dict(new_decoder_architecture=False, max_position_embeddings=64)
    return case("FalconForCausalLM", **(base | config))


def llama(n=20, heads=2, **config):
    # Heads of eight dimensions, so that the pairs of a rotation turn differently.
    base = dict(LLAMA, num_attention_heads=heads, num_key_value_heads=1)
    return case("LlamaForCausalLM", n=n, **(base | config))


def phi3(n=20, **config):
    base = dict(LLAMA, num_attention_heads=2, num_key_value_heads=1, pad_token_id=0)
    return case("Phi3ForCausalLM", n=n, **(base | config))


def gemma3(**config):
    base = dict(LLAMA, head_dim=8, num_hidden_layers=3, sliding_window=6)
    base |= dict(layer_types=["sliding_attention", "full_attention", "sliding_attention"])
    return base | dict(query_pre_attn_scalar=12, rope_local_base_freq=50.0) | config


VARIANTS = {
    "bloom_residual": case(
        "BloomForCausalLM",
        vocab_size=32, hidden_size=18, n_layer=2, n_head=6,
        apply_residual_connection_post_layernorm=True,
    ),
    "cohere_qk_norm": case("CohereForCausalLM", **LLAMA, use_qk_norm=True, logit_scale=0.3),
    "falcon_alibi": falcon(alibi=True, multi_query=False, parallel_attn=False, bias=True),
    "falcon_alibi_parallel": falcon(alibi=True, num_attention_heads=2),
    "falcon_new_one_norm": falcon(
        new_decoder_architecture=True, num_kv_heads=2, num_ln_in_parallel_attn=1
    ),
    "falcon_new_two_norms": falcon(
        new_decoder_architecture=True, num_kv_heads=2, ffn_hidden_size=24
    ),
    "falcon_sequential": falcon(multi_query=False, parallel_attn=False, bias=True),
    "gemma2_odd_layers": case(
        "Gemma2ForCausalLM",
        **(LLAMA | dict(num_hidden_layers=3, head_dim=6)),
        query_pre_attn_scalar=10, sliding_window=5,
        attn_logit_softcapping=3.0, final_logit_softcapping=4.0,
    ),
    "gemma3_linear": case(
        "Gemma3ForCausalLM", **gemma3(rope_scaling=dict(rope_type="linear", factor=8.0))
    ),
    "gemma3_pictures": case(
        "Gemma3ForConditionalGeneration",
        text_config=gemma3(),
        vision_config=dict(
            hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
            image_size=4, patch_size=2,
        ),
        mm_tokens_per_image=1, boi_token_index=29, eoi_token_index=30, image_token_index=31,
    ),
    "gpt2_by_layer": case(
        "GPT2LMHeadModel", **GPT2, scale_attn_by_inverse_layer_idx=True, n_inner=24,
        activation_function="gelu",
    ),
    "gpt2_unscaled": case(
        "GPT2LMHeadModel", **GPT2, scale_attn_weights=False, tie_word_embeddings=False
    ),
    "gpt_bigcode_heads": case("GPTBigCodeForCausalLM", **GPT2, multi_query=False),
    "gpt_neo_mixed": case(
        "GPTNeoForCausalLM",
        vocab_size=32, hidden_size=16, num_layers=3, num_heads=4, max_position_embeddings=32,
        attention_types=[[["local"], 2], [["global"], 1]], window_size=5, intermediate_size=24,
    ),
    "gpt_neox_sequential": case(
        "GPTNeoXForCausalLM",
        **SIZES, intermediate_size=24, max_position_embeddings=32,
        use_parallel_residual=False, attention_bias=False, rotary_pct=0.5, rotary_emb_base=100,
    ),
    "gpt_neox_linear": case(
        "GPTNeoXForCausalLM",
        **SIZES, intermediate_size=24, max_position_embeddings=16, rotary_pct=1.0,
        rope_scaling=dict(type="linear", factor=2.0), hidden_act="gelu_fast",
    ),
    "gpt_oss": case(
        "GptOssForCausalLM",
        **(LLAMA | dict(num_hidden_layers=3, intermediate_size=12, head_dim=8)),
        num_local_experts=3, num_experts_per_tok=2, sliding_window=6, rope_theta=100.0,
        rope_scaling=YARN | dict(truncate=False),
    ),
    "gpt_oss_mxfp4": case(
        "GptOssForCausalLM", n=16,
        # A row is at least a block of 32.
        **(LLAMA | dict(hidden_size=32, intermediate_size=32, head_dim=8)),
        num_local_experts=3, num_experts_per_tok=2, sliding_window=6,
        quantization_config=dict(
            quant_method="mxfp4",
            modules_to_not_convert=["model.layers.*.self_attn", "model.layers.*.mlp.router"],
        ),
    ),
    "gptj_no_rotary_dim": case("GPTJForCausalLM", **(GPT2 | dict(n_head=1)), rotary_dim=None),
    "gptj_whole_heads": case("GPTJForCausalLM", **GPT2, rotary_dim=4, n_inner=24),
    "granite": case(
        "GraniteForCausalLM",
        **LLAMA, attention_multiplier=0.2, embedding_multiplier=3.0, residual_multiplier=0.3,
        logits_scaling=2.5, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
    ),
    "llama_biases": case("LlamaForCausalLM", **LLAMA, attention_bias=True, mlp_bias=True),
    "llama_head_dim": case("LlamaForCausalLM", **LLAMA, head_dim=6, hidden_act="gelu"),
    "llama_plain": llama(rope_theta=100.0),
    "llama_linear": llama(rope_scaling=dict(type="linear", factor=3.0)),
    "llama_dynamic_short": llama(rope_scaling=dict(rope_type="dynamic", factor=2.0)),
    "llama_dynamic_long": llama(
        n=24, max_position_embeddings=16, rope_scaling=dict(rope_type="dynamic", factor=2.0)
    ),
    "llama_llama3": llama(
        rope_theta=100.0,
        rope_scaling=dict(
            rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=24,
        ),
    ),
    "llama_yarn": llama(rope_theta=100.0, rope_scaling=YARN),
    "llama_yarn_factor": llama(
        rope_theta=100.0, rope_scaling=YARN | dict(attention_factor=1.3, truncate=False)
    ),
    "llama_yarn_mscale": llama(
        rope_theta=100.0, rope_scaling=YARN | dict(mscale=1.2, mscale_all_dim=0.5)
    ),
    "llama_yarn_defaults": llama(
        max_position_embeddings=2048, rope_scaling=dict(type="yarn", factor=2.0)
    ),
    "llama_tied": llama(tie_word_embeddings=True, pretraining_tp=2),
    "mistral_window": case(
        "MistralForCausalLM", **LLAMA, head_dim=6, sliding_window=6
    ),
    "mixtral_tied": case(
        "MixtralForCausalLM",
        **(LLAMA | dict(intermediate_size=12)), num_local_experts=3, num_experts_per_tok=1,
        tie_word_embeddings=True, sliding_window=9,
    ),
    "mpt_slopes": case(
        "MptForCausalLM",
        # Its mask overflows in float64.
        dtype="float32",
        vocab_size=32, d_model=18, n_layers=2, n_heads=6, max_seq_len=32,
        attn_config=dict(alibi_bias_max=16, clip_qkv=1.0, softmax_scale=0.4),
    ),
    "olmo_clip": case("OlmoForCausalLM", **LLAMA, clip_qkv=1.0),
    "olmo2_grouped": case("Olmo2ForCausalLM", **LLAMA, rope_theta=100.0),
    "opt_350m": opt(do_layer_norm_before=False, word_embed_proj_dim=8),
    "opt_no_final_norm": opt(_remove_final_layer_norm=True, activation_function="gelu"),
    "opt_bare": opt(enable_bias=False, layer_norm_elementwise_affine=False),
    "phi_qk_norm": case(
        "PhiForCausalLM", **LLAMA, qk_layernorm=True, partial_rotary_factor=0.5
    ),
    "phi3_long": phi3(
        n=24, original_max_position_embeddings=16, max_position_embeddings=64, rope_scaling=LONG
    ),
    "phi3_short": phi3(
        n=16, original_max_position_embeddings=16, max_position_embeddings=64, rope_scaling=LONG
    ),
    "phi3_partial": phi3(partial_rotary_factor=0.5, sliding_window=7),
    "qwen2_window": case(
        "Qwen2ForCausalLM",
        **(LLAMA | dict(num_hidden_layers=3)),
        use_sliding_window=True, sliding_window=6, max_window_layers=1,
    ),
    "qwen2_no_window": case(
        "Qwen2ForCausalLM", **LLAMA, use_sliding_window=False, sliding_window=6
    ),
    "qwen2_moe_mixed": case(
        "Qwen2MoeForCausalLM", n=16,
        **(LLAMA | dict(num_hidden_layers=4)), **EXPERTS, shared_expert_intermediate_size=8,
        mlp_only_layers=[1], decoder_sparse_step=2, norm_topk_prob=True,
    ),
    "qwen2_moe_window": case(
        "Qwen2MoeForCausalLM",
        **LLAMA, **EXPERTS, shared_expert_intermediate_size=8,
        use_sliding_window=True, sliding_window=6, max_window_layers=1,
    ),
    "qwen3_moe_mixed": case(
        "Qwen3MoeForCausalLM",
        **LLAMA, **EXPERTS, head_dim=6, mlp_only_layers=[0], norm_topk_prob=False,
        use_sliding_window=True, sliding_window=6, attention_bias=True,
    ),
    "qwen3_window": case(
        "Qwen3ForCausalLM",
        **LLAMA, head_dim=6, use_sliding_window=True, sliding_window=6, max_window_layers=1,
    ),
    "smollm3_window": case(
        "SmolLM3ForCausalLM",
        **(LLAMA | dict(num_hidden_layers=3)), pad_token_id=0,
        no_rope_layers=[1, 0, 1], use_sliding_window=True, sliding_window=6,
    ),
    "stablelm_parallel": case(
        "StableLmForCausalLM",
        **LLAMA, use_parallel_residual=True, qk_layernorm=True, use_qkv_bias=True,
        partial_rotary_factor=0.5,
    ),
    "stablelm_sequential": case(
        "StableLmForCausalLM", **LLAMA, qk_layernorm=True, partial_rotary_factor=1.0
    ),
    "starcoder2_window": case("Starcoder2ForCausalLM", **LLAMA, sliding_window=7),
    "starcoder2_no_bias": case("Starcoder2ForCausalLM", **LLAMA, use_bias=False),
}

# What transformers 5 computes otherwise than 4.
VARIANTS_OF_5 = {
    "qwen2_moe_layer_types": case(
        "Qwen2MoeForCausalLM",
        **LLAMA, **EXPERTS, shared_expert_intermediate_size=8, use_sliding_window=True,
        sliding_window=6, layer_types=["full_attention", "sliding_attention"],
    ),
}

# What it can't say the same with: it refuses a rotary_dim of null, and gives the window of
# qwen2_moe to other layers.
NOT_FOR_5 = ["gptj_no_rotary_dim", "qwen2_moe_window"]


def build(kind, config):
    """The model with random weights. Those of equal shapes are equal in all variants."""
    model_class = getattr(transformers, kind)
    # The initialisation of some classes does not bear norms without a bias.
    with no_init_weights():
        model = model_class(model_class.config_class(**config))
    model.tie_weights()
    plus_one = kind.startswith("Gemma")
    with torch.no_grad():
        for name, values in sorted(model.named_parameters()):
            # A stream of its own for each, so that another tensor more changes none.
            seed = sum((at + 1) * byte for at, byte in enumerate(name.encode()))
            random = torch.randn(values.shape, generator=torch.Generator().manual_seed(seed))
            if "norm" in name or ".ln_" in name:
                centre = 0.0 if plus_one or name.endswith("bias") else 1.0
                new = centre + 0.2 * random
            elif name.endswith("bias") or values.dim() == 1:
                new = 0.3 * random
            elif "embed" in name or "wte" in name or "wpe" in name:
                new = 0.7 * random
            else:
                new = random * 1.3 / values.shape[-1] ** 0.5
            values.copy_(new.to(torch.bfloat16))
    return model.to(torch.bfloat16).eval()


def pack(model):
    """Puts random MXFP4 weights into the experts; the tensors as such models are published."""
    tensors = {name: values for name, values in model.state_dict().items()}
    for name, values in list(tensors.items()):
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            continue
        experts, width, out = values.shape
        generator = torch.Generator().manual_seed(out)
        shape = (experts, out, width // 32)
        blocks = torch.randint(0, 256, (*shape, 16), generator=generator, dtype=torch.uint8)
        scales = torch.randint(122, 125, shape, generator=generator, dtype=torch.uint8)
        with torch.no_grad():
            values.copy_(convert_moe_packed_tensors(blocks, scales))
        del tensors[name]
        tensors[name + "_blocks"], tensors[name + "_scales"] = blocks, scales
    return tensors


def without_faults(model):
    """Puts right what transformers does otherwise than the models' authors, and than itself."""
    config = model.config
    if config.model_type == "falcon" and config.alibi:
        # Eager attention adds ALiBi twice, other kinds of attention once; so does the eager one
        # with a head mask, which here hides none.
        heads = (config.num_hidden_layers, config.num_attention_heads)
        return {"head_mask": torch.ones(heads, dtype=torch.float64)}
    if config.model_type == "mpt":
        # The function knows alibi_bias_max, but is not told of it; the authors' code is.
        largest = config.attn_config.alibi_bias_max
        build = model.transformer.build_mpt_alibi_tensor
        model.transformer.build_mpt_alibi_tensor = lambda heads, n, device: build(
            heads, n, largest, device
        )
    return {}


def reference(model, ids):
    """Attention [L, H, n, n] and logits [n, V], in f32."""
    options = without_faults(model)
    with torch.no_grad():
        out = model(
            input_ids=torch.tensor([ids]), output_attentions=True, use_cache=False, **options
        )
    attention = torch.stack([layer[0].to(torch.float32) for layer in out.attentions])
    return attention.contiguous(), out.logits[0].to(torch.float32).contiguous()


def make(name, folder):
    """One variant."""
    kind, n, dtype, config = (VARIANTS | VARIANTS_OF_5)[name]
    folder.mkdir(exist_ok=True)
    quantised = config.pop("quantization_config", None)
    with tempfile.TemporaryDirectory() as saved:
        model = build(kind, config)
        if quantised:
            tensors = pack(model)
        model.save_pretrained(saved)
        for file in ["model.safetensors", "config.json"]:
            shutil.copyfile(Path(saved) / file, folder / file)
        # Constants that a model rounds to its dtype are those of the f32 model in float64, too.
        model = getattr(transformers, kind).from_pretrained(
            saved, dtype=torch.float32, attn_implementation="eager"
        )
    if quantised:
        # What transformers computed with are the weights that these stand for.
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        text = json.loads((folder / "config.json").read_text()) | {"quantization_config": quantised}
        (folder / "config.json").write_text(json.dumps(text, indent=2) + "\n")
    model = model.to(getattr(torch, dtype)).eval()
    generator = torch.Generator().manual_seed(n)
    # Without the ids that stand for a picture.
    ids = torch.randint(1, 28, (n,), generator=generator).tolist()
    attention, logits = reference(model, ids)
    write_reference(folder, ids, attention, logits, dtype)
    flat = [attention[layer].max(-1).values.mean().item() for layer in range(len(attention))]
    print(f"{name:24} {list(attention.shape)} largest weight of a row, on average: {max(flat):.2f}")


def write_reference(folder, ids, attention, logits, dtype):
    versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
    save_file(
        {"input_ids": torch.tensor(ids), "attention": attention, "logits": logits},
        folder / "reference.safetensors",
        metadata={"made_by": f"{versions}, eager, {dtype}"},
    )


def five(folder):
    """config-5.json: what transformers 5 makes of config.json, where that is another text."""
    config = transformers.AutoConfig.from_pretrained(folder)
    # In a folder of its own: nothing else may be written beside the weights.
    with tempfile.TemporaryDirectory() as saved:
        config.save_pretrained(saved)
        new = json.loads((Path(saved) / "config.json").read_text())
    old = json.loads((folder / "config.json").read_text())
    for both in (old, new):
        both.pop("transformers_version")
    if old != new:
        (folder / "config-5.json").write_text(json.dumps(new, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="variants (default: all)")
    parser.add_argument("--five", action="store_true", help="write config-5.json")
    args = parser.parse_args()
    for name in args.names or list(VARIANTS | (VARIANTS_OF_5 if args.five else {})):
        if not args.five or name in VARIANTS_OF_5:
            make(name, HERE / name)
        elif name not in NOT_FOR_5:
            five(HERE / name)


if __name__ == "__main__":
    main()
