"""Thresholds of a recipe learned from any table of measured texts, without a run and without Spark."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.judge import Found, judge, rule_columns
from pipeline.learning import learn_group, sample_size
from pipeline.measure import measure_table
from pipeline.recipe import Recipe
from pipeline.samples import IDENTITY, sample_languages
from pipeline.steps import DedupStep, ThresholdStep
from pipeline.thresholds import limits_by_language, limits_table
from schemas.errors import InputError


def no_decisions(recipe: Recipe) -> dict[str, np.ndarray]:
    """Return that no dedup step of a recipe removes anything: it needs the other documents."""
    return {step.name: np.empty(0, np.int64) for step in recipe.steps if isinstance(step, DedupStep)}


def learn_from_table(recipe: Recipe, table: pa.Table) -> dict[str, pa.Table]:
    """Return the limits that each threshold of a recipe learns from the rows that reach it, in order.

    `table` has the columns that the recipe's rules and thresholds read. Steps that relate documents, audits
    and samples remove nothing here.
    """
    learned: dict[str, pa.Table] = {}
    for step in recipe.steps:
        if not isinstance(step, ThresholdStep):
            continue
        found = found_limits(learned)
        verdict = judge(recipe, table, no_decisions(recipe), languages=None, before=step.name, found=found)
        rows = table.select(list(dict.fromkeys([*IDENTITY, step.column]))).filter(pa.array(verdict.kept))
        samples = sample_languages(rows.combine_chunks().to_batches(), [step.column], sample_size(step))
        learned[step.name] = limits_table(learn_group(recipe, [step], samples)[0])
    return learned


def found_limits(learned: Mapping[str, pa.Table]) -> Found:
    """Return learned limits as rules are judged by."""
    return Found(limits={name: limits_by_language(table) for name, table in learned.items()})


def learn_from_file(recipe: Recipe, source: str, text_column: str = "text") -> dict[str, pa.Table]:
    """Return what the thresholds of a recipe learn from a Parquet file with measurements, or with texts.

    Measurements are columns named as the steps, as `glotmill measure --recipe` adds them; where one is
    absent, all are made from the texts.

    Raises:
        InputError: the file cannot be read, or has neither the measurements nor texts.
    """
    try:
        table = pq.read_table(source)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(f"{source}: cannot be read as Parquet: {error}") from None
    thresholds = [step for step in recipe.steps if isinstance(step, ThresholdStep)]
    wanted = [*(name for step in thresholds for name in rule_columns(recipe, step.name)), "doc_id"]
    wanted += [step.column for step in thresholds]
    missing = sorted(set(wanted) - set(table.column_names) - {"doc_key", "doc_id", "text_is_empty"})
    if missing and text_column not in table.column_names:
        raise InputError(
            f"{source}: expected the measurements of {recipe.name}, got none of {', '.join(missing)}; "
            f"make them by: glotmill measure {source} --recipe {recipe.name} --output MEASURED.parquet"
        )
    if missing:
        return learn_from_table(recipe, measure_table(recipe, table, text_column)[0])
    rows = table.num_rows
    for name, values in (("doc_key", np.arange(rows)), ("text_is_empty", np.zeros(rows, bool))):
        if name not in table.column_names:
            table = table.append_column(name, pa.array(values))
    if "doc_id" not in table.column_names:
        table = table.append_column("doc_id", pa.nulls(rows, pa.string()))
    return learn_from_table(recipe, table)
