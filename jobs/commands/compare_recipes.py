"""The command that compares recipes."""

from pathlib import Path
from typing import Annotated

import typer

from jobs.commands import Lists, app


@app.command()
def compare(
    recipes: Annotated[list[str], typer.Argument(metavar="RECIPE…", help="Names, or paths of .toml files.")],
    *,
    source: Annotated[
        str, typer.Option("--input", "-i", help="Parquet file or folder with texts, or a run's folder.")
    ],
    page: Annotated[
        Path | None, typer.Option(help="HTML page of documents that the recipes judge differently.")
    ] = None,
    samples: Annotated[int, typer.Option(help="Documents on that page.", min=1)] = 60,
    text_column: Annotated[str, typer.Option(help="Column that holds the texts.")] = "text",
    trust_labels: Annotated[
        bool, typer.Option("--trust-labels", help="Take the column lang for the language; identify none.")
    ] = False,
    lists: Lists = None,
    fairness: Annotated[
        str | None, typer.Option(metavar="LANG", help="Print what each language keeps beside this one.")
    ] = None,
) -> None:
    """Judge the same texts by several recipes: what each keeps, where they agree, where they differ.

    Dedup and audits need the other documents of a crawl and are left out; thresholds are learned from the
    texts. Documents are counted by the column lang where there is one.

    Example: glotmill compare c4-en-3.1 gopher glotmill --input docs.parquet --page differences.html
    """
    from pipeline.compare import compare as compared
    from pipeline.compare import disagreements
    from pipeline.compare_input import find_files, read_tables, read_texts
    from pipeline.compare_report import comparison_lines, disagreement_page, fairness_lines
    from pipeline.recipe import load_recipe
    from pipeline.resources import check_resources, use_lists
    from schemas.errors import InputError, near_name

    use_lists(lists)
    files = find_files(source)
    chosen = [load_recipe(name) for name in dict.fromkeys(recipes)]
    for recipe in chosen:
        check_resources(recipe)
    found = compared(chosen, read_tables(files, text_column), text_column, trust=trust_labels)
    if fairness is not None and fairness not in found.group:
        hint = near_name(fairness, found.groups) or f"; there are: {', '.join(found.groups[:20])}"
        raise InputError(f"--fairness {fairness}: no such language in the texts{hint}")
    print("\n".join(comparison_lines(found) if fairness is None else fairness_lines(found, fairness)))
    if page is not None:
        texts = read_texts(files, text_column, disagreements(found, samples))
        page.write_text(disagreement_page(found, texts), encoding="utf-8")
        print(f"{len(texts)} documents that they judge differently: {page}")
