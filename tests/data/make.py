#!/usr/bin/env python3
"""Make the small checkpoints that tests read: what training scripts write, and GPT-2 in the forms of
the Hugging Face Hub.

    python make.py

Made with torch 2.8.0 and transformers 4.57.6; the same versions give the same numbers. A case is a
folder with

    the checkpoint          as the script or transformers saves it, random weights
    tokenizer.json          a byte-level vocabulary of 384 tokens
    reference.safetensors   input_ids int64 [n], attention f32 [L, H, n, n], logits f32 [n, V]

The references of the scripts are computed by `forward` below, in float64, from the weights as they are
stored; those of GPT-2 by transformers in float64. Random weights are large enough that attention is
not flat.
"""

import math
import shutil
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

HERE = Path(__file__).parent
TEXT = "The cat sat on the mat. It was fluffy. The dogs ran."
VOCABULARY, CONTEXT, WIDTH, HEADS, LAYERS = 384, 64, 16, 4, 2


def random(name, *shape):
    """Values of a tensor, seeded by its name."""
    seed = sum((at + 1) * byte for at, byte in enumerate(name.encode()))
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    if "norm" in name or "ln_" in name:
        return (0.0 if name.endswith(("bias", "shift")) else 1.0) + 0.2 * values
    if len(shape) == 1:
        return 0.3 * values
    if "emb" in name or "wte" in name or "wpe" in name:
        return 0.7 * values
    return 1.3 * values / shape[-1] ** 0.5


# What each script calls the parts of a GPT; {} stands for the layer.
NANOGPT = dict(
    tokens="transformer.wte", positions="transformer.wpe", head="lm_head",
    final="transformer.ln_f", norm1="transformer.h.{}.ln_1", norm2="transformer.h.{}.ln_2",
    qkv="transformer.h.{}.attn.c_attn", out="transformer.h.{}.attn.c_proj",
    up="transformer.h.{}.mlp.c_fc", down="transformer.h.{}.mlp.c_proj",
    scale="weight", shift="bias",
)
GPT_FROM_SCRATCH = dict(
    tokens="token_embedding", positions="position_embedding", head="lm_head",
    final="final_norm", norm1="transformer_blocks.{}.norm1", norm2="transformer_blocks.{}.norm2",
    query="transformer_blocks.{}.attention.W_query", key="transformer_blocks.{}.attention.W_key",
    value="transformer_blocks.{}.attention.W_value",
    out="transformer_blocks.{}.attention.out_proj", mask="transformer_blocks.{}.attention.mask",
    up="transformer_blocks.{}.feed_forward.net.0", down="transformer_blocks.{}.feed_forward.net.2",
    scale="scale", shift="shift",
)
LLMS_FROM_SCRATCH = dict(
    tokens="tok_emb", positions="pos_emb", head="out_head",
    final="final_norm", norm1="trf_blocks.{}.norm1", norm2="trf_blocks.{}.norm2",
    query="trf_blocks.{}.att.W_query", key="trf_blocks.{}.att.W_key",
    value="trf_blocks.{}.att.W_value",
    out="trf_blocks.{}.att.out_proj", mask="trf_blocks.{}.att.mask",
    up="trf_blocks.{}.ff.layers.0", down="trf_blocks.{}.ff.layers.2",
    scale="scale", shift="shift",
)
MINGPT = NANOGPT | dict(mask="transformer.h.{}.attn.bias")


def state_dict(names, qkv_bias, bias, tied=False):
    """Random weights under the names of a script."""
    tensors = OrderedDict()

    def linear(name, rows, columns, with_bias):
        tensors[name + ".weight"] = random(name + ".weight", rows, columns)
        if with_bias:
            tensors[name + ".bias"] = random(name + ".bias", rows)

    def norm(name):
        tensors[f"{name}.{names['scale']}"] = random(f"{name}.{names['scale']}", WIDTH)
        if bias:
            tensors[f"{name}.{names['shift']}"] = random(f"{name}.{names['shift']}", WIDTH)

    linear(names["tokens"], VOCABULARY, WIDTH, False)
    linear(names["positions"], CONTEXT, WIDTH, False)
    for layer in range(LAYERS):
        at = {part: name.format(layer) for part, name in names.items()}
        norm(at["norm1"])
        if "mask" in at:
            ones = torch.ones(CONTEXT, CONTEXT)
            # The mask of minGPT tells what is seen, the others' what is not.
            mask = torch.tril(ones)[None, None] if names is MINGPT else torch.triu(ones, 1)
            tensors[at["mask"]] = mask.bool() if names is GPT_FROM_SCRATCH else mask
        if "qkv" in at:
            linear(at["qkv"], 3 * WIDTH, WIDTH, qkv_bias)
        else:
            for part in ("query", "key", "value"):
                linear(at[part], WIDTH, WIDTH, qkv_bias)
        linear(at["out"], WIDTH, WIDTH, bias)
        norm(at["norm2"])
        linear(at["up"], 4 * WIDTH, WIDTH, bias)
        linear(at["down"], WIDTH, 4 * WIDTH, bias)
    norm(names["final"])
    linear(names["head"], VOCABULARY, WIDTH, False)
    if tied:
        tensors[names["head"] + ".weight"] = tensors[names["tokens"] + ".weight"]
    return tensors


def forward(tensors, names, ids, scale, tanh):
    """Attention [L, H, n, n] and logits [n, V] of a GPT with norms before its parts, in float64.
    `scale`: what scores are divided by; `tanh`: whether GELU is the tanh approximation."""
    weights = {name: values.double() for name, values in tensors.items()}
    n, size = len(ids), WIDTH // HEADS
    causal = torch.tril(torch.ones(n, n)).bool()

    def linear(x, name):
        y = x @ weights[name + ".weight"].T
        return y + weights[name + ".bias"] if name + ".bias" in weights else y

    def norm(x, name):
        mean = x.mean(-1, keepdim=True)
        variance = x.var(-1, keepdim=True, unbiased=False)
        y = (x - mean) / torch.sqrt(variance + 1e-5) * weights[f"{name}.{names['scale']}"]
        shift = f"{name}.{names['shift']}"
        return y + weights[shift] if shift in weights else y

    x = weights[names["tokens"] + ".weight"][ids] + weights[names["positions"] + ".weight"][:n]
    patterns = []
    for layer in range(LAYERS):
        at = {part: name.format(layer) for part, name in names.items()}
        y = norm(x, at["norm1"])
        parts = (
            linear(y, at["qkv"]).split(WIDTH, -1)
            if "qkv" in at
            else [linear(y, at[part]) for part in ("query", "key", "value")]
        )
        q, k, v = (part.view(n, HEADS, size).transpose(0, 1) for part in parts)
        scores = (q @ k.transpose(1, 2) / scale).masked_fill(~causal, -math.inf)
        pattern = torch.softmax(scores, -1)
        patterns.append(pattern)
        x = x + linear((pattern @ v).transpose(0, 1).reshape(n, WIDTH), at["out"])
        hidden = linear(norm(x, at["norm2"]), at["up"])
        if tanh:
            inner = math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden**3)
            hidden = 0.5 * hidden * (1 + torch.tanh(inner))
        else:
            hidden = 0.5 * hidden * (1 + torch.erf(hidden / math.sqrt(2)))
        x = x + linear(hidden, at["down"])
    return torch.stack(patterns), linear(norm(x, names["final"]), names["head"])


def trained(tensors):
    """The state of AdamW after a step on random gradients."""
    parameters = [torch.nn.Parameter(v.clone()) for v in tensors.values() if v.dtype != torch.bool]
    optimizer = torch.optim.AdamW(parameters, lr=1e-3)
    for parameter in parameters:
        parameter.grad = torch.full_like(parameter, 1e-3)
    optimizer.step()
    return optimizer.state_dict()


def write_reference(folder, ids, attention, logits, made_by):
    tensors = {
        "input_ids": torch.tensor(ids),
        "attention": attention.to(torch.float32).contiguous(),
        "logits": logits.to(torch.float32).contiguous(),
    }
    save_file(tensors, folder / "reference.safetensors", {"text": TEXT, "made_by": made_by})


def scripts(ids):
    sizes = dict(vocab_size=VOCABULARY, context_length=CONTEXT, embedding_dimension=WIDTH)
    sizes |= dict(number_of_heads=HEADS, number_of_layers=LAYERS, dropout_rate=0.1)
    arguments = dict(n_layer=LAYERS, n_head=HEADS, n_embd=WIDTH, block_size=CONTEXT)
    arguments |= dict(vocab_size=VOCABULARY, dropout=0.0)
    scale = math.sqrt(WIDTH // HEADS)
    tanh = dict(gpt_from_scratch=True, nanogpt=False, llms_from_scratch=True, mingpt=True)

    def case(name, family, names, file, scale, save, **options):
        folder = HERE / "scripts" / name
        folder.mkdir(parents=True, exist_ok=True)
        tensors = state_dict(names, **options)
        attention, logits = forward(tensors, names, ids, scale, tanh[family])
        torch.save(save(tensors), folder / file)
        shutil.copyfile(HERE / "tokenizer.json", folder / "tokenizer.json")
        made_by = f"make.py, torch {torch.__version__}, float64"
        write_reference(folder, ids, attention, logits, made_by)
        largest = attention.max(-1).values.mean().item()
        print(f"{name:28} largest weight of a row, on average: {largest:.2f}")

    # A recurrent network, which has no attention.
    (HERE / "scripts" / "rnn").mkdir(exist_ok=True)
    shapes = {"emb.weight": (32, 8), "cell.weight_ih": (24, 8), "cell.weight_hh": (24, 8)}
    network = {name: random(name, *shape) for name, shape in shapes.items()}
    torch.save(network, HERE / "scripts" / "rnn" / "model.pt")

    def from_scratch(config):
        return lambda tensors: dict(
            epoch=10, model_state_dict=tensors, optimizer_state_dict=trained(tensors),
            train_loss=2.345, val_loss=2.456, **({"config": config} if config else {}),
        )

    def nanogpt(prefix, bias):
        return lambda tensors: dict(
            model=OrderedDict((prefix + name, values) for name, values in tensors.items()),
            model_args=arguments | dict(bias=bias), iter_num=2000,
            best_val_loss=torch.tensor(1.5),
            config=dict(dataset="shakespeare_char", device="cuda", compile=True),
        )

    scratch = "gpt_from_scratch"
    for name, bias, config in [
        (scratch, False, sizes | dict(use_attention_bias=False)),
        (scratch + "_bias", True, sizes | dict(query_key_value_bias=True)),
        (scratch + "_no_config", False, None),
    ]:
        case(name, scratch, GPT_FROM_SCRATCH, "best_model.pt", scale,
             from_scratch(config), qkv_bias=bias, bias=True)
    case("llms_from_scratch", "llms_from_scratch", LLMS_FROM_SCRATCH, "model.pth", scale,
         lambda tensors: tensors, qkv_bias=False, bias=True)
    case("nanogpt", "nanogpt", NANOGPT, "ckpt.pt", scale, nanogpt("_orig_mod.", False),
         qkv_bias=False, bias=False, tied=True)
    case("nanogpt_bias", "nanogpt", NANOGPT, "ckpt.pt", scale, nanogpt("", True),
         qkv_bias=True, bias=True, tied=True)
    case("mingpt", "mingpt", MINGPT, "model.pt", scale, lambda tensors: tensors,
         qkv_bias=True, bias=True)


def gpt2(ids):
    import transformers
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=WIDTH, n_head=HEADS, n_layer=LAYERS,
        bos_token_id=0, eos_token_id=0,
    )
    forms = {
        "gpt2_bf16": (torch.bfloat16, {}),
        "gpt2_f16": (torch.float16, {}),
        "gpt2_bin": (torch.float32, dict(safe_serialization=False)),
        "gpt2_sharded": (torch.float32, dict(max_shard_size="30KB")),
    }
    for name, (dtype, options) in forms.items():
        folder = HERE / "hub" / name
        folder.mkdir(parents=True, exist_ok=True)
        model = GPT2LMHeadModel(config)
        with torch.no_grad():
            for parameter, values in sorted(model.named_parameters()):
                values.copy_(random(parameter, *values.shape))
        model.to(dtype).save_pretrained(folder, **options)
        shutil.copyfile(HERE / "tokenizer.json", folder / "tokenizer.json")
        model = GPT2LMHeadModel.from_pretrained(
            folder, dtype=torch.float64, attn_implementation="eager"
        ).eval()
        with torch.no_grad():
            out = model(torch.tensor([ids]), output_attentions=True, use_cache=False)
        versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
        attention = torch.stack([layer[0] for layer in out.attentions])
        write_reference(folder, ids, attention, out.logits[0], f"{versions}, eager, float64")
        print(name)


def main():
    ids = Tokenizer.from_file(str(HERE / "tokenizer.json")).encode(TEXT).ids
    scripts(ids)
    gpt2(ids)


if __name__ == "__main__":
    main()
