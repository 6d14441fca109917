"""headlight beside transformers: the same weights, the same ids, the same threads, one after the other in every round.

    python benches/peers/compare.py [--lengths 32,128,512,1024] [--rounds 7] [--threads 2]

Prints the medians in milliseconds, the ratios of headlight's median to each peer's, and the most memory that each
process held. All compute the logits of all positions; headlight and `eager` keep the attention of every head as well,
`sdpa` never has it. Needs what requirements.txt beside it names, and cargo.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ("eager", "sdpa")


def ids(n, vocabulary):
    return [(i * 7919 + 13) % vocabulary for i in range(n)]


def peak_kib():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1])


def serve(kind, folder, threads):
    """Runs one peer: a length on a line in, milliseconds and peak memory out."""
    import time

    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=kind).eval()
    print("ready", peak_kib(), flush=True)
    for line in sys.stdin:
        tokens = torch.tensor([ids(int(line), model.config.vocab_size)])
        start = time.perf_counter()
        with torch.no_grad():
            out = model(tokens, output_attentions=kind == "eager", use_cache=False)
        took = (time.perf_counter() - start) * 1e3
        assert out.logits.shape[1] == int(line)
        del out
        print(f"{took:.3f} {peak_kib()}", flush=True)


def make_model(folder, context):
    """GPT-2 small's shape with random weights."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(n_positions=context)).save_pretrained(folder)


class Process:
    def __init__(self, command, environment):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment)
        word, loaded = self.process.stdout.readline().split()
        assert word == "ready"
        self.loaded, self.peak = int(loaded), int(loaded)

    def run(self, n):
        print(n, file=self.process.stdin, flush=True)
        took, peak = self.process.stdout.readline().split()
        self.peak = int(peak)
        return float(took)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="32,128,512,1024")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--serve", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve(*args.serve, args.threads)
    lengths = [int(n) for n in args.lengths.split(",")]

    build = ["cargo", "build", "--release", "--example", "forward_time"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = target / "release" / "examples" / "forward_time"
    environment = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
    with tempfile.TemporaryDirectory() as folder:
        make_model(folder, max(lengths))
        commands = {"headlight": [program, folder, str(args.threads)]}
        for kind in PEERS:
            own = [sys.executable, __file__, "--threads", str(args.threads), "--serve", kind, folder]
            commands[kind] = own
        print(f"{'n':>6} " + "".join(f"{kind + ' ms':>14}" for kind in commands), end="")
        print("".join(f"{'/ ' + kind:>9}" for kind in PEERS), end="")
        print("".join(f"{kind + ' MiB':>15}" for kind in commands))
        for n in lengths:
            # Peaks belong to a length, so every length has processes of its own.
            processes = {kind: Process(command, environment) for kind, command in commands.items()}
            times = {kind: [] for kind in commands}
            for turn in range(args.rounds + 1):
                for kind, process in processes.items():
                    took = process.run(n)
                    # The first run touches the memory that later ones find.
                    if turn or args.rounds == 1:
                        times[kind].append(took)
            medians = {kind: statistics.median(each) for kind, each in times.items()}
            print(f"{n:6} " + "".join(f"{medians[kind]:14.1f}" for kind in commands), end="")
            print("".join(f"{medians['headlight'] / medians[kind]:9.2f}" for kind in PEERS), end="")
            print("".join(f"{process.peak / 1024:15.0f}" for process in processes.values()), flush=True)
            for process in processes.values():
                process.close()


if __name__ == "__main__":
    main()
