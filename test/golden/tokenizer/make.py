"""Encodes tricky strings with Hugging Face's own tokenizers library and writes the ids to demo-model.json.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python test/golden/tokenizer/make.py

Run from the repository root. Nothing is random; the file changes only with the tokenizer or the strings.
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
    "One day, in 1984, she paid $3.50 (about \u20ac3) for 2\u00bd kg of apples @ home #fruit 100% *fresh*~ ^_^",
]


def main() -> None:
    root = Path(__file__).resolve().parents[3]
    tokenizer = Tokenizer.from_file(str(root / "resources/demo-model/tokenizer.json"))
    cases = [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in STRINGS]
    for name in ("calibration.txt", "heldout.txt"):
        text = (root / "resources/text" / name).read_text(encoding="utf-8")
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append({"file": f"resources/text/{name}", "tokens": len(ids), "sum": sum((i % 8191 + 1) * t for i, t in enumerate(ids))})
    out = {"library": f"tokenizers {__version__}", "cases": cases}
    Path(__file__).with_name("demo-model.json").write_text(json.dumps(out, ensure_ascii=True, indent=1) + "\n")


if __name__ == "__main__":
    main()
