"""Writes a word list for `mon-bench w1 --vocabulary FILE` from the public package `wordfreq` (pip install wordfreq).

Each line: language, word, share of all words, by tabs; the most frequent words of a language first.
Usage: python3 vocabulary.py > vocabulary.tsv
"""

from wordfreq import get_frequency_dict

COUNTS = {"en": 120000, "es": 40000, "pt": 30000, "fr": 30000, "de": 30000, "ja": 20000, "ar": 20000, "ru": 20000}

for language, count in COUNTS.items():
    words = sorted(get_frequency_dict(language, "best").items(), key=lambda item: (-item[1], item[0]))
    usable = [w for w in words if not any(c.isspace() for c in w[0]) and any(c.isalpha() for c in w[0])]
    for word, share in usable[:count]:
        print(f"{language}\t{word}\t{share:.6e}")
