"""headlight beside its peers: the same weights, the same ids, the same threads, one after the other in every round.

    python benches/peers/compare.py [--lengths 32,128,512,1024,4096] [--rounds 7] [--threads 2] [--only forward,memory,...]

Prints medians in milliseconds, ratios of headlight's median to each peer's, and the most memory that each process
held. The parts, in the order in which they run:

* forward: a GPT-2-small shape, all logits; headlight and `eager` keep the attention of every head, `sdpa` never has it;
* rotary: a Llama of that size, beside candle-mi with the attention of every block captured;
* memory: what headlight holds beside the weights of that Llama, at 1,024, 4,096 and 16,384 tokens;
* picture: a text of 512 tokens to its first picture: BertViz's head_view and headlight from a loaded model; headlight from its start;
* append: a run with one token more, beside the whole run;
* stop: the longest that a run goes on after it was asked to end;
* start: the start of the demo to the last byte of its first frame;
* frame: a key to the frame with another head, at 4,096 tokens.

With `--device cuda`, forward and memory run on the GPU, headlight built for it; the other parts stay on the
processor. `--built FOLDER` takes programs that were built before instead of cargo.

Needs what requirements.txt beside it names, and cargo. A part whose program can't be built is left out, and says so.
"""

import argparse
import os
import pty
import re
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("forward", "rotary", "memory", "picture", "append", "stop", "start", "frame")
# Runs that take longer than a few seconds are repeated so often.
LONG, LONG_ROUNDS = 4096, 3


def ids(n, vocabulary):
    return [(i * 7919 + 13) % vocabulary for i in range(n)]


def peak_kib():
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1])


def serve(kind, folder, threads, device):
    """Runs one peer: a length on a line in, milliseconds and peak memory out."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(threads)
    attention = "sdpa" if kind == "sdpa" else "eager"
    model = AutoModelForCausalLM.from_pretrained(folder, attn_implementation=attention).eval().to(device)
    print("ready", peak_kib(), flush=True)
    for line in sys.stdin:
        tokens = torch.tensor([ids(int(line), model.config.vocab_size)], device=device)
        start = time.perf_counter()
        with torch.no_grad():
            out = model(tokens, output_attentions=kind != "sdpa", use_cache=False)
        if kind == "bertviz":
            from bertviz import head_view

            names = [f"t{at}" for at in range(tokens.shape[1])]
            page = head_view(out.attentions, names, html_action="return")
            assert len(page.data) > 1 << 20
        if device == "cuda":
            torch.cuda.synchronize()
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


def make_rotary(folder, context):
    """A Llama of the same size."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    sizes = dict(hidden_size=768, intermediate_size=2048, num_hidden_layers=12, num_attention_heads=12)
    config = LlamaConfig(vocab_size=50257, max_position_embeddings=context, tie_word_embeddings=True, **sizes)
    LlamaForCausalLM(config).save_pretrained(folder)


class Process:
    def __init__(self, command, environment):
        pipe = subprocess.PIPE
        command = [str(word) for word in command]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment)
        word, loaded = self.process.stdout.readline().split()
        assert word == "ready"
        self.peak, self.beside = int(loaded), 0

    def run(self, task):
        print(task, file=self.process.stdin, flush=True)
        took, peak, *beside = self.process.stdout.readline().split()
        self.peak, self.beside = int(peak), int(beside[0]) if beside else 0
        return float(took)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def side_by_side(commands, lengths, rounds, environment):
    """A table of medians, ratios and peaks."""
    peers = [kind for kind in commands if kind != "headlight"]
    print(f"{'n':>6} " + "".join(f"{kind + ' ms':>15}" for kind in commands), end="")
    print("".join(f"{'/ ' + kind:>12}" for kind in peers), end="")
    print("".join(f"{kind + ' MiB':>15}" for kind in commands))
    for n in lengths:
        # Peaks belong to a length, so every length has processes of its own.
        processes = {kind: Process(command, environment) for kind, command in commands.items()}
        times = {kind: [] for kind in commands}
        turns = min(rounds, LONG_ROUNDS) if n >= LONG else rounds + 1
        for turn in range(turns):
            for kind, process in processes.items():
                took = process.run(n)
                # The first run touches the memory that later ones find; long ones do not notice.
                if turn or n >= LONG:
                    times[kind].append(took)
        medians = {kind: statistics.median(each) for kind, each in times.items()}
        print(f"{n:6} " + "".join(f"{medians[kind]:15.1f}" for kind in commands), end="")
        print("".join(f"{medians['headlight'] / medians[kind]:12.3f}" for kind in peers), end="")
        print("".join(f"{process.peak / 1024:15.0f}" for process in processes.values()), flush=True)
        for process in processes.values():
            process.close()


def first_picture(command, environment, quiet=0.4, limit=120):
    """Milliseconds from the start of the explorer to the last byte before it falls quiet."""
    import fcntl
    import termios

    start = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    first = last = None
    drawn = b""
    while time.perf_counter() - start < limit:
        # Before the alternate screen there is only loading.
        wait = quiet if b"\x1b[?1049h" in drawn and last else limit
        if not select.select([terminal], [], [], wait)[0]:
            break
        try:
            got = os.read(terminal, 1 << 16)
        except OSError:
            break
        drawn += got
        last = time.perf_counter()
        if first is None and b"\x1b[?1049h" in drawn:
            first = last
        # The terminal answers what it is asked.
        if b"\x1b[c" in got:
            os.write(terminal, b"\x1b[?62;22c")
    os.write(terminal, b"q")
    time.sleep(0.2)
    os.close(terminal)
    os.waitpid(process, 0)
    return (first - start) * 1e3, (last - start) * 1e3


def edited_picture(command, environment, text, quiet=1.5, limit=120):
    """Milliseconds from a text that is entered into the explorer to the last byte before it falls quiet."""
    import fcntl
    import termios

    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def drawn(begun):
        last = begun
        while time.perf_counter() - begun < limit:
            if not select.select([terminal], [], [], quiet if last > begun else limit)[0]:
                break
            if b"\x1b[c" in os.read(terminal, 1 << 16):
                os.write(terminal, b"\x1b[?62;22c")
            last = time.perf_counter()
        return (last - begun) * 1e3

    drawn(time.perf_counter())
    # The editor, without the text that it begins with.
    os.write(terminal, b"e\x15\x1b[200~" + text.encode() + b"\x1b[201~")
    drawn(time.perf_counter())
    begun = time.perf_counter()
    os.write(terminal, b"\r")
    took = drawn(begun)
    os.write(terminal, b"q")
    time.sleep(0.2)
    os.close(terminal)
    os.waitpid(process, 0)
    return took


def frames():
    """The medians of benches/frame.rs, by name."""
    bench = ["cargo", "bench", "--locked", "--bench", "frame"]
    told = subprocess.run(bench, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [line.rstrip() for line in told.splitlines() if "│" in line]


def build(command, folder):
    done = subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print("left out: " + " ".join(command) + ": " + done.stderr.strip().splitlines()[-1])
    return done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", default="32,128,512,1024,4096")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--built", type=Path, metavar="FOLDER")
    parser.add_argument("--serve", nargs=2, metavar=("KIND", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        return serve(*args.serve, args.threads, args.device)
    lengths = [int(n) for n in args.lengths.split(",")]
    parts = args.only.split(",")

    cargo = ["cargo", "build", "--locked", "--release"]
    target = args.built
    if target is None:
        ours = ["--bin", "headlight", "--example", "forward_time"]
        if not build([*cargo, *ours, *(["--features", "cuda"] if args.device == "cuda" else [])], ROOT):
            return 1
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    program, headlight = target / "examples" / "forward_time", str(target / "headlight")
    threads = str(args.threads)
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "RAYON_NUM_THREADS": threads}

    def peer(kind, folder):
        device = "cpu" if kind == "bertviz" else args.device
        return [sys.executable, __file__, "--threads", threads, "--device", device, "--serve", kind, folder]

    def repeat(run):
        return statistics.median(run() for _ in range(args.rounds))

    with tempfile.TemporaryDirectory() as gpt2, tempfile.TemporaryDirectory() as llama:
        make_model(gpt2, max([*lengths, LONG]))
        ours = [program, gpt2, threads]
        if "forward" in parts:
            commands = {"headlight": [*ours, args.device], **{kind: peer(kind, gpt2) for kind in ("eager", "sdpa")}}
            side_by_side(commands, lengths, args.rounds, environment)
        if "rotary" in parts or "memory" in parts:
            make_rotary(llama, 16384)
        if "rotary" in parts:
            folder = Path(__file__).parent / "candle_mi"
            if build(cargo, folder):
                own = Path(os.environ.get("CARGO_TARGET_DIR", folder / "target")) / "release" / "candle-mi-time"
                commands = {"headlight": [program, llama, threads], "candle-mi": [own, llama]}
                side_by_side(commands, [n for n in lengths if n < LONG], args.rounds, environment)
        if "memory" in parts:
            beside = []
            for n in (1024, 4096, 16384):
                process = Process([program, llama, threads, args.device], environment)
                took = process.run(n)
                beside.append(process.beside / 1024)
                grown = f", {beside[-1] / beside[-2]:.2f} times as much" if len(beside) > 1 else ""
                print(f"rotary, {n:6} tokens: {took / 1e3:.1f} s, {beside[-1]:.0f} MiB beside the weights{grown}", flush=True)
                process.close()
        if "picture" in parts:
            bertviz = Process(peer("bertviz", gpt2), environment)
            theirs = statistics.median(bertviz.run(512) for _ in range(min(args.rounds, LONG_ROUNDS)))
            bertviz.close()
            text = " ".join(str(at) for at in ids(512, 50257))
            command = [headlight, gpt2, "--tokenizer", "ids", "--text", text]
            mine = repeat(lambda: first_picture(command, environment)[1])
            short = [headlight, gpt2, "--tokenizer", "ids", "--text", "1 2 3"]
            entered = repeat(lambda: edited_picture(short, environment, text))
            print(f"512 tokens to the picture, the model being loaded: BertViz {theirs:.0f} ms and {bertviz.peak / 1024:.0f} MiB;", end=" ")
            print(f"headlight, all layers, {entered:.0f} ms; ratio {entered / theirs:.3f}")
            print(f"headlight from its start, loading included: {mine:.0f} ms; ratio {mine / theirs:.3f}", flush=True)
        if "append" in parts or "stop" in parts:
            process = Process(ours, environment)
            if "append" in parts:
                process.run(1024)
                pairs = [(process.run("append 1024"), process.run(1024)) for _ in range(args.rounds)]
                one, whole = (statistics.median(each) for each in zip(*pairs))
                print(f"a token appended at 1024: {one:.1f} ms, the whole run {whole:.1f} ms; ratio {one / whole:.3f}", flush=True)
            if "stop" in parts:
                print(f"a run on 4096 tokens ends within {process.run('stop 4096'):.0f} ms of being asked to", flush=True)
            process.close()
        if "start" in parts:
            mine = [first_picture([headlight], environment) for _ in range(args.rounds)]
            first, last = (statistics.median(each) for each in zip(*mine))
            print(f"start of the demo: {first:.0f} ms to its first byte on the screen, {last:.0f} ms to the last", flush=True)
        if "frame" in parts:
            print("\n".join(frames()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
