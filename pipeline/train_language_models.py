"""Train a language model for each language of a corpus.

`<output>/<lang>/` gets `sentencepiece.model`, `kenlm.arpa` (or `kenlm.bin`) and `manifest.json`, put in place
together; `<output>/models.json` lists the languages, and those left out with the reason. The same text and
settings give the same bytes. A language whose manifest says that it was made of the same text and settings is
not trained again.

Of each language, the documents with the smallest hashes are held out; their perplexities are the reference
distribution against which a perplexity can be placed.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from filters.kneser_ney import prune_thresholds, train_arpa
from filters.model_text import Normalisation, Units, find_normalisation
from filters.models import LanguageModel, fingerprint, open_kenlm, open_pieces
from filters.ngram_counts import DEFAULT_MEMORY
from filters.sentence_pieces import MOST_PIECES, train_pieces
from filters.signals.perplexity import score_texts, unit_lines
from filters.surprise import bits_per_byte, percentiles
from pipeline.lmplz import find_tools, train_binary
from pipeline.model_folder import (
    MANIFEST,
    filled_aside,
    local_folder,
    read_manifest,
    write_json,
    write_models,
)
from pipeline.training_text import (
    LABEL,
    Amount,
    Limits,
    Split,
    count_text,
    find_sources,
    read_chosen,
    split_text,
)
from schemas.errors import InputError

FORMAT: Final = 2
"""Raised when the same text and settings give other models."""

PIECES_CHARACTERS: Final = 10_000_000
"""Characters that the SentencePiece model learns from: 40 s on one core."""

ON_DISK_CHARACTERS: Final = 50_000_000
"""From here on, n-grams are sorted in files."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What decides how a model comes out, and which languages get one."""

    order: int = 5
    normalisation: str = "ccnet"
    prune: tuple[int, ...] = (0,)
    """Occurrences, by order, up to which an n-gram is left out; the last holds for higher orders."""
    most_pieces: int = MOST_PIECES
    least_documents: int = 20
    least_characters: int = 20_000
    most_characters: int = 1_000_000_000
    """Of a language with more, the documents with the smallest hashes are taken."""
    held_out_ratio: float = 0.05
    languages: tuple[str, ...] | None = None
    """Train these only."""
    use_lmplz: bool = False
    """Train with `lmplz` and `build_binary` from PATH: quicker, and a file that processes share."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A language with a model, or the reason why it has none."""

    lang: str
    documents: int
    characters: int
    skipped: str | None = None
    perplexity: float | None = None
    """Of the held-out documents."""
    kept: bool = False
    """True when the model stood already."""


Work = Callable[[str], Trained]
Runner = Callable[[list[str], Work], list[Trained]]


def run_here(labels: list[str], work: Work) -> list[Trained]:
    """Run the work for one language after another, in this process."""
    return [work(label) for label in labels]


def train_language_models(
    corpora: Sequence[str],
    output: str,
    settings: TrainingSettings | None = None,
    *,
    memory: int = DEFAULT_MEMORY,
    run: Runner = run_here,
) -> list[Trained]:
    """Train a model for each language of the corpora that has enough text; return all languages by label.

    `memory` is what sorting n-grams may take, in bytes; it does not change the models. `run` hands out the
    languages (a Spark job gives its own).

    Raises:
        InputError: a corpus cannot be read, no language has enough text, or `order` or `prune` is wrong.
        WorkspaceError: `output` is no local folder.
        RecipeError: the normalisation is unknown.
        MissingDependencyError: `lmplz` is asked for and not on PATH.
    """
    settings = settings or TrainingSettings()
    find_normalisation(settings.normalisation)
    prune_thresholds(settings.order, settings.prune)
    if settings.use_lmplz:
        find_tools()
    sources = find_sources(corpora)
    folder = local_folder(output)
    amounts, nameless = count_text(sources)
    reasons = {lang: _why_not(lang, amount, settings) for lang, amount in amounts.items()}
    left_out = [
        Trained(lang, amounts[lang].documents, amounts[lang].characters, reason)
        for lang, reason in reasons.items()
        if reason
    ]
    if nameless:
        left_out.append(Trained("", nameless, 0, "no language"))
    labels = sorted(lang for lang, reason in reasons.items() if reason is None)
    if not labels:
        raise InputError(
            f"no language to train on: {'; '.join(f'{t.lang}: {t.skipped}' for t in left_out[:5])}"
        )
    trained = run(labels, partial(_train, amounts, folder, settings, memory))
    everything = sorted([*trained, *left_out], key=lambda t: t.lang)
    write_models(folder, [asdict(t) for t in everything if t.skipped])
    return everything


def report_lines(everything: Sequence[Trained]) -> list[str]:
    """Return a line for each language: its model's perplexity, or why it has none."""
    lines = []
    for one in everything:
        amount = f"{one.lang or '(none)':<10} {one.documents:>9,} documents {one.characters:>14,} characters"
        if one.skipped:
            lines.append(f"{amount}  left out: {one.skipped}")
        else:
            stood = "  (stood already)" if one.kept else ""
            lines.append(f"{amount}  perplexity {one.perplexity}{stood}")
    return lines


def _why_not(lang: str, amount: Amount, settings: TrainingSettings) -> str | None:
    if not LABEL.fullmatch(lang):
        return "expected a label such as swh_Latn"
    if settings.languages is not None and lang not in settings.languages:
        return "not asked for"
    if amount.documents < settings.least_documents:
        return f"{amount.documents} documents; at least {settings.least_documents} are needed"
    if amount.characters < settings.least_characters:
        return f"{amount.characters} characters; at least {settings.least_characters} are needed"
    return None


def _train(
    amounts: dict[str, Amount], output: Path, settings: TrainingSettings, memory: int, lang: str
) -> Trained:
    """Train the model of one language and put it in place, unless it stands there already."""
    amount = amounts[lang]
    limits = Limits(settings.held_out_ratio, settings.most_characters, PIECES_CHARACTERS)
    split = split_text(lang, amount, limits)
    made_of = _made_of(lang, split.digest, settings)
    before = read_manifest(output / lang)
    if before is not None and before.get("made_of") == made_of:
        return _trained(before, kept=True)
    try:
        with filled_aside(output / lang) as folder:
            manifest = _fill(folder, lang, amount, split, settings, memory) | {"made_of": made_of}
            write_json(folder / MANIFEST, manifest)
    except InputError as error:
        return Trained(lang, amount.documents, amount.characters, str(error))
    return _trained(manifest, kept=False)


def _trained(manifest: dict[str, Any], *, kept: bool) -> Trained:
    return Trained(
        manifest["lang"],
        manifest["documents"],
        manifest["characters"],
        None,
        manifest["held_out"]["perplexity"],
        kept,
    )


def _made_of(lang: str, text_digest: str, settings: TrainingSettings) -> dict[str, Any]:
    """Return what a model is made of: the same of these, the same model."""
    shaping = asdict(settings)
    for name in ("languages", "least_documents", "least_characters"):
        del shaping[name]
    packages = {name: version(name) for name in ("numpy", "pyarrow", "sentencepiece")}
    made_of: dict[str, Any] = json.loads(json.dumps(shaping))
    return made_of | {"format": FORMAT, "lang": lang, "text": text_digest, "packages": packages}


def _fill(
    folder: Path, lang: str, amount: Amount, split: Split, settings: TrainingSettings, memory: int
) -> dict[str, Any]:
    """Write the model's files into a folder and return what the manifest says of them."""
    normalisation = find_normalisation(settings.normalisation)
    pieces, report = None, None
    if normalisation.units is Units.PIECES:
        path = folder / "sentencepiece.model"
        lines = (
            normalisation.clean(line)
            for texts in read_chosen(lang, amount, split.pieces)
            for text in texts
            for line in text.split("\n")
        )
        report = train_pieces(lines, path, most_pieces=settings.most_pieces)
        pieces = open_pieces(path)
    sentences = _sentences(read_chosen(lang, amount, split.training), pieces, normalisation)
    kenlm, about = _train_kenlm(folder, sentences, amount.characters, settings, memory)
    model = LanguageModel(open_kenlm(kenlm), pieces, {})
    held_out = [text for texts in read_chosen(lang, amount, split.held_out) for text in texts]
    taken = int(split.training.sum())
    return {
        "lang": lang,
        "normalisation": normalisation.name,
        "units": str(normalisation.units),
        "documents": taken,
        "characters": sum(len(t) for texts in read_chosen(lang, amount, split.training) for t in texts),
        "pieces": None if report is None else report.pieces,
        **about,
        "held_out": _measure_held_out(held_out, model, normalisation),
        "sources": [source.name or Path(source.corpus).name for source in amount.sources],
        "sha256": {path.name: fingerprint(str(path)) for path in sorted(folder.iterdir())},
    }


def _sentences(
    batches: Iterator[list[str]], pieces: Any, normalisation: Normalisation
) -> Iterator[Sequence[str]]:
    """Yield each document as one sentence of units."""
    model = LanguageModel(None, pieces, {})
    for texts in batches:
        for line in unit_lines([text.replace("\0", " ") for text in texts], model, normalisation):
            if units := line.split():
                yield units


def _train_kenlm(
    folder: Path,
    sentences: Iterator[Sequence[str]],
    characters: int,
    settings: TrainingSettings,
    memory: int,
) -> tuple[Path, dict[str, Any]]:
    shape = {"order": settings.order, "prune": settings.prune}
    if settings.use_lmplz:
        path = folder / "kenlm.bin"
        train_binary(sentences, path, order=settings.order, prune=settings.prune, memory=memory)
        return path, {"trainer": "lmplz", **shape}
    path = folder / "kenlm.arpa"
    scratch = folder if min(characters, settings.most_characters) >= ON_DISK_CHARACTERS else None
    report = train_arpa(
        sentences, path, order=settings.order, prune=settings.prune, memory=memory, scratch=scratch
    )
    return path, {
        "trainer": "glotmill",
        **shape,
        "tokens": report.tokens,
        "ngrams": report.ngrams,
        "discounts": report.discounts,
    }


def _measure_held_out(texts: list[str], model: LanguageModel, normalisation: Normalisation) -> dict[str, Any]:
    """Return what the model makes of held-out documents: all together, and percentiles of the documents."""
    scores = [score for score in score_texts(texts, model, normalisation) if score is not None]
    if not scores:
        return {"documents": 0, "perplexity": None, "percentiles": [], "bits_per_byte": []}
    whole = 10.0 ** (-sum(s.log10 for s in scores) / sum(s.length for s in scores))
    each = [score.perplexity(normalisation.decimals) for score in scores]
    bits = bits_per_byte(unit_lines(texts, model, normalisation), model.kenlm, normalisation.units)
    return {
        "documents": len(scores),
        "perplexity": round(whole, 4),
        "percentiles": percentiles(each),
        "bits_per_byte": percentiles([value for value in bits if value is not None]),
    }
