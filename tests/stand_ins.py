"""What stands in, in golden runs, for models and lists that a recipe needs and that are not here.

Identifiers that are published elsewhere: lid.176, which a package carries. Classifiers: nothing, so their
signals are null and their edits left out. FineWeb-2's stop words: those of the reference text by its rule.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from filters.models import LID176
from pipeline.recipe import Recipe
from pipeline.steps import EditStep, KeepStep, Step
from pipeline.stop_words import derive_stop_words

IDENTIFIERS = ("glotlid-v3", "openlid-v2", "nllb-lid218e", "lid.176.bin")
CLASSIFIERS = ("dclm-oh-eli5", "dolma-jigsaw-hatespeech", "dolma-jigsaw-nsfw")


def runnable(recipe: Recipe) -> tuple[Recipe, list[str]]:
    """Return a recipe that runs with what is here, and what was left out or put in another's place."""
    changed: list[str] = []
    steps = []
    for step in recipe.steps:
        if isinstance(step, EditStep | KeepStep) and _model(step.parameters) in CLASSIFIERS:
            changed.append(f"{step.name}: left out, needs {_model(step.parameters)}")
            continue
        steps.append(_with_identifier(step))
    settings = dict(recipe.settings)
    for signal, parameters in recipe.settings.items():
        model = _model(parameters)
        if model in CLASSIFIERS:
            changed.append(f"{signal}: null, needs {model}")
            settings[signal] = {key: value for key, value in parameters.items() if key != "model"}
        elif model in IDENTIFIERS:
            changed.append(f"{signal}: {LID176} in place of {model}")
            settings[signal] = {**parameters, "model": LID176}
    if recipe.urls:
        changed.append("urls: left out")
    return replace(recipe, steps=tuple(steps), settings=settings, urls=()), changed


def _model(parameters: Mapping[str, object]) -> str:
    return str(parameters.get("model", ""))


def _with_identifier(step: Step) -> Step:
    if isinstance(step, KeepStep) and _model(step.parameters) in IDENTIFIERS:
        return replace(step, parameters={**step.parameters, "model": LID176})
    return step


@cache
def lists_folder(shared: Path, folder: Path) -> Path:
    """Make a folder with the word lists of the reference data and derived stop words for FineWeb-2."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (shared / "data/lists").glob("*.json"):
        link = folder / path.name
        if not link.exists():
            link.symlink_to(path)
    text = shared / "data/text/flores200_sib_train.parquet"
    derive_stop_words([str(text)], folder / "fineweb2-stopwords.json")
    return folder
