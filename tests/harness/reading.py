"""How hard a text is to read: English as a school grade, Spanish as an ease from 0 to 100.

English: the grade of Kincaid, Fishburne, Rogers & Chissom (1975), Derivation of new readability
formulas for Navy enlisted personnel, Research Branch Report 8-75. A grade is about a reading age
less five years, so reading age 11 is grade 6.

Spanish: the perspicuity of Szigriszt-Pazos (1993) on the INFLESZ scale of Barrio-Cantalejo et al.
(2008), Anales del Sistema Sanitario de Navarra 31(2), 135-152: from 65 on a text is "quite easy",
as books for primary school are, which children leave at about twelve.

Both formulas know nothing but the lengths of words and sentences. They find what is long-winded;
that a text is clear and kind, only a reader can say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

_STRONG = "aeoáéóíú"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,:]\d+)*", re.UNICODE)
_END = re.compile(r"[.!?:;…](?=\s|$)|\n+")
# English words that the rules below would count wrongly, among those the site uses.
_COUNTED = {
    "anyone": 3, "area": 3, "areas": 3, "being": 2, "careful": 2, "carefully": 3, "client": 2,
    "clients": 2, "closely": 2, "created": 3, "diary": 3, "doing": 2, "earlier": 3, "evening": 2,
    "every": 2, "everybody": 4, "everyone": 3, "everything": 3, "going": 2, "homework": 2,
    "hopeful": 2, "idea": 3, "ideas": 3, "language": 2, "languages": 3, "lately": 2, "likely": 2,
    "lonely": 2, "movement": 2, "quiet": 2, "quietly": 3, "safely": 2, "safety": 2, "saying": 2,
    "science": 2, "seeing": 2, "somebody": 3, "someone": 2, "someone’s": 2, "something": 2,
    "sometimes": 2, "statement": 2, "trial": 2, "trying": 2, "useful": 2, "usefulness": 3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lengths:
    """What the formulas need of a text."""

    sentences: int
    words: int
    syllables: int


def english_syllables(word: str) -> int:
    """Return about how many syllables an English word has."""
    plain = word.lower().replace("'", "’")
    if plain in _COUNTED:
        return _COUNTED[plain]
    bare = re.sub(r"’(s|t|re|ve|ll|d|m)$", "", plain)
    if re.search(r"(?<![sxzcg])(?<!ch)(?<!sh)es$", bare):
        bare = bare[:-1]
    if re.search(r"[^tdaeiou]ed$", bare) and not re.search(r"[^aeiouyrl]led$", bare):
        bare = bare[:-2]
    elif bare.endswith("e") and not re.search(r"[aeiou]e$|[^aeiouyr]le$", bare):
        bare = bare[:-1]
    groups = len(re.findall(r"[aeiouy]+", bare))
    groups += len(re.findall(r"i[ao](?![nu])|[^qg]u[ao](?!y)|eo(?!p|us)|ying|iet", bare))
    return max(1, groups)


def spanish_syllables(word: str) -> int:
    """Return how many syllables a Spanish word has; its spelling tells."""
    bare = re.sub(r"qu(?=[eiéí])", "k", word.lower())
    bare = re.sub(r"gu(?=[eiéí])", "g", bare)
    bare = re.sub(r"(?<=[aeiouáéíóú])y(?![aeiouáéíóú])", "i", bare)
    if bare == "y":
        return 1
    syllables = 0
    for group in re.findall(r"[aeiouáéíóúü]h?(?:[aeiouáéíóúü]+)?|[aeiouáéíóúü]+", bare):
        vowels = group.replace("h", "")
        syllables += 1
        for one, other in pairwise(vowels):
            syllables += one in _STRONG and other in _STRONG
    return max(1, syllables)


def _lengths(text: str, syllables: Callable[[str], int]) -> Lengths:
    parts = [words for part in _END.split(text) if (words := _WORD.findall(part))]
    words = [word for part in parts for word in part]
    counted = sum(1 if word[0].isdigit() else syllables(word) for word in words)
    return Lengths(len(parts), len(words), counted)


def english_grade(text: str) -> float:
    """Return the school grade for which an English text is written; an empty one is grade 0."""
    of = _lengths(text, english_syllables)
    if not of.words:
        return 0.0
    return 0.39 * of.words / of.sentences + 11.8 * of.syllables / of.words - 15.59


def spanish_ease(text: str) -> float:
    """Return how easy a Spanish text is, from 0 to 100; an empty one is at 100."""
    of = _lengths(text, spanish_syllables)
    if not of.words:
        return 100.0
    return 206.835 - 62.3 * of.syllables / of.words - of.words / of.sentences


def longest_sentence(text: str) -> int:
    """Return how many words the longest sentence has."""
    return max((len(_WORD.findall(part)) for part in _END.split(text)), default=0)


def hard_words(texts: Iterable[str]) -> set[str]:
    """Return the English words of four syllables and more."""
    return {
        word.lower()
        for text in texts
        for word in _WORD.findall(text)
        if english_syllables(word) >= 4 and not word[0].isdigit()
    }
