"""Perplexity: the published formula, null without a model, normalisations that must fit."""

import json
import math
from pathlib import Path

import kenlm
import pyarrow as pa
import pytest
import sentencepiece

from filters.kneser_ney import train_arpa
from filters.model_text import NORMALISATIONS, Units
from filters.registry import Measurement
from filters.sentence_pieces import train_pieces
from filters.signals.perplexity import perplexity, standardised_perplexity, word_perplexity
from filters.surprise import Reference, bits_per_byte
from pipeline.train_language_models import TrainingSettings, train_language_models
from schemas.errors import ModelError, RecipeError
from tests.lmplz_cases import open_model

TEXTS = [
    f"The {a} {b} the {c}.\nIt was {a} {i}!"
    for i, (a, b, c) in enumerate(
        (a, b, c)
        for a in ("Cat", "dög", "cow")
        for b in ("saw", "left")
        for c in ("house", "tree", "river", "hill")
    )
] * 2


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models")
    own = folder / "eng_Latn"
    own.mkdir()
    clean = NORMALISATIONS["ccnet"].clean
    train_pieces(map(clean, TEXTS), own / "sentencepiece.model")
    cut = sentencepiece.SentencePieceProcessor(model_file=str(own / "sentencepiece.model"))
    train_arpa([cut.encode(clean(text), out_type=str) for text in TEXTS], own / "kenlm.arpa", order=5)
    return str(folder)


def published(text: str, models: str) -> float | None:
    """The perplexity of cc_net, written as its `perplexity.py` describes it."""
    model = open_model(Path(models) / "eng_Latn/kenlm.arpa")
    cut = sentencepiece.SentencePieceProcessor(model_file=f"{models}/eng_Latn/sentencepiece.model")
    tokenized = " ".join(cut.encode_as_pieces(NORMALISATIONS["ccnet"].clean(text)))
    if not tokenized:
        return None
    log_score, length = 0.0, 0
    for line in tokenized.split("\n"):
        log_score += model.score(line)
        length += len(line.split()) + 1
    return round(10.0 ** (-log_score / length), 1)


def test_perplexity_is_as_ccnet_publishes_it(models: str) -> None:
    texts = [*TEXTS[:5], "something else, altogether: 12 34", "x", "The\ncat", "", " \n", "漢字 ١٢"]
    found = perplexity(texts, ["eng_Latn"] * len(texts), models=models)
    assert found.to_pylist() == [published(text, models) for text in texts]
    assert found[-3:-1].to_pylist() == [None, None]


def test_a_row_does_not_depend_on_its_batch(models: str) -> None:
    texts = [*TEXTS[:9], None, "other words"]
    langs = ["eng_Latn", "deu_Latn", None] * 3 + ["eng_Latn"] * 2
    columns = {"text": pa.array(texts), "lang": pa.array(langs)}
    settings = {"perplexity": {"models": models}}
    whole = Measurement(columns, settings).get("perplexity").to_pylist()
    each = [
        Measurement({name: column.slice(i, 1) for name, column in columns.items()}, settings)
        .get("perplexity")[0]
        .as_py()
        for i in range(len(texts))
    ]
    assert each == whole
    assert [value is None for value in whole] == [
        lang != "eng_Latn" or t is None for t, lang in zip(texts, langs, strict=True)
    ]


def test_text_of_the_model_is_less_surprising_than_other_text(models: str) -> None:
    texts = ["The cow saw the hill.\nIt was cow 3!", "hill the. cow saw The was!\nIt 3 cow"]
    own, other = perplexity(texts, ["eng_Latn"] * 2, models=models).to_pylist()
    assert own < other


def test_without_models_every_perplexity_is_null() -> None:
    assert perplexity(["a"], ["eng_Latn"]).to_pylist() == [None]
    assert word_perplexity(["a"]).to_pylist() == [None]


def test_a_language_without_a_model_has_null(models: str) -> None:
    assert perplexity(["a"], ["deu_Latn"], models=models).to_pylist() == [None]


def test_a_folder_that_is_missing_and_an_unknown_normalisation_are_errors(
    models: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        perplexity(["a"], ["eng_Latn"], models=str(tmp_path / "none"))
    with pytest.raises(RecipeError, match="unknown normalisation 'rots'; did you mean roots"):
        perplexity(["a"], ["eng_Latn"], models=models, normalisation="rots")


def test_a_model_of_another_normalisation_is_refused(models: str) -> None:
    manifest = Path(models) / "eng_Latn/manifest.json"
    manifest.write_text(json.dumps({"normalisation": "glotmill"}))
    try:
        with pytest.raises(ModelError, match="normalised as 'glotmill', asked to score it as 'ccnet'"):
            perplexity(["a b"], ["eng_Latn"], models=models)
    finally:
        manifest.unlink()


def test_pieces_need_their_model(tmp_path: Path) -> None:
    train_arpa([["a"]], tmp_path / "en.arpa.bin", order=2)
    with pytest.raises(ModelError, match="expects a SentencePiece model beside the KenLM model, found none"):
        perplexity(["a b"], ["eng_Latn"], models=str(tmp_path))
    scored = perplexity(["a b"], ["eng_Latn"], models=str(tmp_path), normalisation="oscar")
    assert scored[0].as_py() > 1


def test_word_perplexity_is_that_of_the_binding_with_newlines_as_spaces(tmp_path: Path) -> None:
    path = tmp_path / "adult.arpa"
    train_arpa([text.split() for text in TEXTS], path, order=3)
    texts = ["The cat saw\nthe tree.", "a\u00a0b c", "", None, "\n"]
    expected = [open_model(path).perplexity(t.replace("\n", " ")) if t and t.strip() else None for t in texts]
    assert word_perplexity(texts, model=str(path)).to_pylist() == pytest.approx(expected)


def test_character_models_count_characters(tmp_path: Path) -> None:
    corpus = tmp_path / "eng_Latn.txt"
    corpus.write_text("\n".join(text.replace("\n", " ") for text in TEXTS))
    output = str(tmp_path / "models")
    settings = TrainingSettings(order=3, normalisation="characters", least_characters=100)
    train_language_models([str(corpus)], output, settings)
    model = open_model(tmp_path / "models/eng_Latn/kenlm.arpa")
    assert isinstance(model, kenlm.Model)
    found = perplexity(["a  hill"], ["eng_Latn"], models=output, normalisation="characters")[0].as_py()
    assert math.isclose(found, 10 ** (-model.score("a ▁ h i l l") / 7))


@pytest.fixture(scope="module")
def character_models(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("characters")
    corpus = folder / "eng_Latn.txt"
    corpus.write_text("\n".join(text.replace("\n", " ") for text in TEXTS))
    settings = TrainingSettings(order=4, normalisation="characters", least_characters=100)
    train_language_models([str(corpus)], str(folder / "models"), settings)
    return str(folder / "models")


def test_a_text_is_placed_among_those_that_were_held_out(character_models: str) -> None:
    manifest = json.loads((Path(character_models) / "eng_Latn/manifest.json").read_text())
    percentiles = manifest["held_out"]["bits_per_byte"]
    low, middle, high = (percentiles[p - 1] for p in (16, 50, 84))
    assert Reference.of_manifest(manifest) == Reference(low, middle, high)
    reference = Reference(1.0, 2.0, 4.0)
    assert [reference.place(bits) for bits in (0, 1, 1.5, 2, 3, 4, 6)] == [-2, -1, -0.5, 0, 0.5, 1, 2]


def test_bits_for_each_byte_charge_for_what_is_unknown(character_models: str) -> None:
    model = open_model(Path(character_models) / "eng_Latn/kenlm.arpa")
    known, unknown = bits_per_byte(["t h e", "t 漢"], model, Units.CHARACTERS)
    assert known == pytest.approx(-model.score("t h e") * math.log2(10) / 4)
    charged = math.log2(149_813) - model.score("t 漢") * math.log2(10)
    assert unknown == pytest.approx(charged / 5)
    assert bits_per_byte([""], model, Units.CHARACTERS) == [None]


def test_other_text_is_further_out_than_text_of_the_model(character_models: str) -> None:
    texts = ["The cow saw the hill.", "hill the. cow saw The", "漢字漢字漢字", "", None]
    found = standardised_perplexity(texts, ["eng_Latn"] * 5, models=character_models).to_pylist()
    assert found[3:] == [None, None]
    assert found[0] < found[1] < found[2]
    assert standardised_perplexity(texts[:1], ["deu_Latn"], models=character_models).to_pylist() == [None]


def test_a_model_without_a_reference_says_how_to_get_one(models: str) -> None:
    with pytest.raises(ModelError, match="no percentiles of bits for each byte; train it again"):
        standardised_perplexity(["a"], ["eng_Latn"], models=models)
