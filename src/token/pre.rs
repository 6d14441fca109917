//! The pre-tokenizers that `tokenizer.ggml.pre` names: how a text is cut before byte pairs are merged.
//!
//! The names are llama.cpp's (`llama-vocab.cpp`); the patterns are those of the models' own `tokenizer.json`.

/// How the texts of one kind of model are cut.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pre {
    /// Patterns, each applied to the parts that the one before leaves; matches and what lies between are parts. Empty for
    /// GPT-2's pattern alone.
    pub patterns: &'static [&'static str],
    /// A part that is an entry as a whole is taken as it is.
    pub ignore_merges: bool,
    /// The text is composed (NFC) first, as the models' `tokenizer.json` asks for.
    pub compose: bool,
    /// A begin-of-text token is put first where the file does not say.
    pub bos: bool,
}

/// The pre-tokenizer of files from before the key was there.
pub(super) const ASSUMED: &str = "gpt-2";

/// The pre-tokenizer of a name; `None` if it is not known.
pub(super) fn named(name: &str) -> Option<Pre> {
    let row = TABLE.iter().find(|(names, _)| names.contains(&name));
    row.map(|(_, pre)| *pre)
}

/// All names, for errors.
pub(super) fn names() -> String {
    let names: Vec<&str> = TABLE
        .iter()
        .flat_map(|(names, _)| *names)
        .copied()
        .collect();
    names.join(", ")
}

const PLAIN: Pre = Pre {
    patterns: &[],
    ignore_merges: false,
    compose: false,
    bos: false,
};

const TABLE: &[(&[&str], Pre)] = &[
    (
        &[
            "gpt-2",
            "phi-2",
            "mpt",
            "olmo",
            "jais",
            "trillion",
            "exaone4",
            "gigachat",
            "mellum",
            "a.x-4.0",
            "granite-docling",
        ],
        PLAIN,
    ),
    (
        &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
        ],
        Pre {
            patterns: &[CL100K],
            ignore_merges: true,
            bos: true,
            ..PLAIN
        },
    ),
    (
        &["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"],
        Pre {
            patterns: &[CL100K],
            ..PLAIN
        },
    ),
    (
        &["qwen2", "deepseek-r1-qwen", "megrez"],
        Pre {
            patterns: &[QWEN2],
            compose: true,
            ..PLAIN
        },
    ),
    (
        &["stablelm2", "hunyuan"],
        Pre {
            patterns: &[QWEN2],
            ..PLAIN
        },
    ),
    (
        &["gpt-4o", "llama4"],
        Pre {
            patterns: &[O200K],
            ..PLAIN
        },
    ),
    (
        &["tekken"],
        Pre {
            patterns: &[TEKKEN],
            ignore_merges: true,
            bos: true,
            ..PLAIN
        },
    ),
    (
        &[
            "starcoder",
            "refact",
            "smollm",
            "codeshell",
            "exaone",
            "minerva-7b",
        ],
        Pre {
            patterns: &[r"\p{N}", GPT2],
            ..PLAIN
        },
    ),
    (
        &["command-r"],
        Pre {
            patterns: &[r"\p{N}", GPT2],
            compose: true,
            ..PLAIN
        },
    ),
    (
        &["falcon"],
        Pre {
            patterns: &[r"[\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"],
            ..PLAIN
        },
    ),
    (
        &["bloom", "gpt3-finnish", "poro-chat"],
        Pre {
            patterns: &[BLOOM],
            ..PLAIN
        },
    ),
    (
        &["viking"],
        Pre {
            patterns: &[BLOOM, r"\p{N}"],
            ..PLAIN
        },
    ),
    (
        &["deepseek-coder"],
        Pre {
            patterns: &[
                r"[\r\n]",
                r"\s?\p{L}+",
                r"\s?\p{P}+",
                "[一-龥ࠀ-一가-퟿]+",
                r"\p{N}",
            ],
            ..PLAIN
        },
    ),
    (
        &["default"],
        Pre {
            patterns: &[r"[\p{P}$+<=>^~|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"],
            ..PLAIN
        },
    ),
];

/// GPT-2.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// GPT-4 and Llama 3: numbers in threes.
const CL100K: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Qwen 2 and 3: numbers by digit.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// GPT-4o and gpt-oss: words end where capitals begin.
const O200K: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// Mistral's: as GPT-4o without contractions, numbers by digit.
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// BLOOM: words are what stands between spaces and sentence marks of several scripts.
const BLOOM: &str = r" ?[^(\s|.,!?…。，、।۔،)]+";
