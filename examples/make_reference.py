#!/usr/bin/env python3
"""Make a reference file for `headlight check MODEL --reference FILE` with transformers.

    python examples/make_reference.py MODEL --text "The cat sat." --output reference.safetensors
    headlight check MODEL --reference reference.safetensors

MODEL is a folder in Hugging Face layout, or a name on the Hub. Needs torch, transformers and
safetensors; tried with torch 2.8 and transformers 4.57.

The file holds, for n tokens:

    input_ids  int64 [n]            the token ids that were run
    attention  f32   [L, H, n, n]   attention weights, query before key, 0 where masked
    logits     f32   [n, V]

and as metadata the text and what computed it. Weights, states and products are float64 unless
--dtype says otherwise; the few steps that transformers does in float32 for every dtype (softmax,
norms, rotary angles in many families) stay as they are. The results are rounded to f32 at the end.
The file grows with the square of the text's length: keep it to some hundred tokens.
"""

import argparse
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

TEXT = "The cat sat on the mat. It was fluffy."


def load(name, dtype):
    """The model, with the attention that computes its weights one step at a time."""
    # Constants that a model rounds to its dtype are those of the f32 model in float64, too.
    first = torch.float32 if dtype is torch.float64 else dtype
    model = transformers.AutoModelForCausalLM.from_pretrained(
        name, dtype=first, attn_implementation="eager"
    )
    return model.to(dtype).eval()


def tokens(name, text, special=True):
    """The ids of a text; `special` adds what the tokenizer puts around it, such as BOS."""
    file = Path(name) / "tokenizer.json"
    if file.is_file() and not (Path(name) / "tokenizer_config.json").is_file():
        # Nothing else says which class it is; the file alone is enough.
        tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(file))
    else:
        tokenizer = transformers.AutoTokenizer.from_pretrained(name)
    return tokenizer(text, add_special_tokens=special)["input_ids"]


def run(model, ids):
    """Attention [L, H, n, n] and logits [n, V] of one run, in f32."""
    with torch.no_grad():
        out = model(
            input_ids=torch.tensor([ids], dtype=torch.int64, device=model.device),
            output_attentions=True,
            use_cache=False,
        )
    if not out.attentions or any(layer is None for layer in out.attentions):
        sys.exit("the code of this model in transformers does not give its attention weights")
    attention = torch.stack([layer[0].to("cpu", torch.float32) for layer in out.attentions])
    return attention.contiguous(), out.logits[0].to("cpu", torch.float32).contiguous()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a folder in Hugging Face layout, or a name on the Hub")
    parser.add_argument("--text", default=TEXT, help="the text to run (default: %(default)r)")
    parser.add_argument("--ids", help='token ids instead of a text: "5 17 3"')
    parser.add_argument(
        "--no-special-tokens", action="store_true", help="add no BOS or the like to the text"
    )
    parser.add_argument(
        "--output", default="reference.safetensors", help="the file to write (default: %(default)s)"
    )
    parser.add_argument(
        "--dtype",
        choices=["float64", "float32", "bfloat16", "float16"],
        default="float64",
        help="what to compute in (default: %(default)s)",
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda, ... (default: %(default)s)")
    args = parser.parse_args()

    if args.ids is not None:
        ids = [int(word) for word in args.ids.split()]
    else:
        ids = tokens(args.model, args.text, not args.no_special_tokens)
    if not ids:
        sys.exit("the text is empty: there is nothing to run")
    model = load(args.model, getattr(torch, args.dtype)).to(args.device)
    try:
        attention, logits = run(model, ids)
    except RuntimeError as error:
        # The code of some families (mpt) mixes dtypes.
        sys.exit(f"transformers can't run this model in {args.dtype}: {error}\ntry --dtype float32")

    versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
    made_by = f"{versions}, eager, {args.dtype}"
    save_file(
        {"input_ids": torch.tensor(ids, dtype=torch.int64), "attention": attention, "logits": logits},
        args.output,
        metadata={"text": args.text if args.ids is None else args.ids, "made_by": made_by},
    )
    layers, heads, n, _ = attention.shape
    print(f"{args.output}: {layers} layers, {heads} heads, {n} tokens; {made_by}")


if __name__ == "__main__":
    main()
