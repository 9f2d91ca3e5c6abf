"""Commands that find duplicates, in any Parquet files with a column of texts."""

from typing import Annotated, Literal

import typer

from jobs.commands import app

Sources = Annotated[
    list[str], typer.Argument(metavar="FILE.parquet...", help="Files with texts and ids.", show_default=False)
]
Output = Annotated[str, typer.Option("--output", "-o", help="Folder of what is found.")]
TextColumn = Annotated[str, typer.Option(help="Column that holds the texts.")]
IdColumn = Annotated[str, typer.Option(help="Column that names the rows.")]
Keep = Annotated[str, typer.Option(help="smallest_key, longest, newest or best:COLUMN.")]
Within = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Relate rows of an equal value only: of a language.")
]
Write = Annotated[bool, typer.Option("--write", help="Write the rows that stay, too.")]


@app.command()
def dedup(
    sources: Sources,
    *,
    output: Output,
    text_column: TextColumn = "text",
    id_column: IdColumn = "doc_id",
    keep: Keep = "smallest_key",
    within: Within = None,
    similarity: Annotated[float, typer.Option(help="Least estimated Jaccard similarity of a pair.")] = 0.7,
    split_above: Annotated[
        int, typer.Option(help="Split larger clusters, so that each row is itself like its keeper; 0: none.")
    ] = 0,
    true_similarity: Annotated[
        bool, typer.Option("--true-similarity", help="Compare shingles themselves, not signatures.")
    ] = False,
    substring: Annotated[
        bool, typer.Option("--substring", help="Find repeated spans of texts instead; --write cuts them out.")
    ] = False,
    unit: Annotated[Literal["word", "byte"], typer.Option(help="With --substring: unit of --size.")] = "word",
    size: Annotated[int, typer.Option(help="With --substring: least span; 0: 50 words or 100 bytes.")] = 0,
    write: Write = False,
) -> None:
    """Find the near-duplicates of any Parquet files, in this process, without Spark.

    Example: glotmill dedup corpus/data/swh_Latn/*.parquet --output duplicates --keep longest
    """
    if substring:
        _cut(sources, output, (text_column, id_column, within), keep=keep, unit=unit, size=size, write=write)
        return
    from pipeline.dedup_table import Choice, dedup_files

    choice = Choice(
        text_column,
        id_column,
        keep,
        least=similarity,
        within=within,
        split_above=split_above,
        true_similarity=true_similarity,
    )
    found = dedup_files(sources, output, choice, write=write)
    print(
        f"{found.rows:,} rows, {found.removed:,} go, {found.clusters:,} clusters of two or more, the largest "
        f"of {found.largest:,}; lowest similarity to a keeper {found.lowest_similarity:.2f}: {output}"
    )


def _cut(
    sources: list[str],
    output: str,
    columns: tuple[str, str, str | None],
    *,
    keep: str,
    unit: str,
    size: int,
    write: bool,
) -> None:
    from filters.substrings import DEFAULT_SIZES, Substrings
    from pipeline.substring_table import SubstringChoice, cut_substrings
    from schemas.errors import RecipeError

    if keep not in ("smallest_key", "none"):
        raise RecipeError(f"--keep: expected smallest_key or none with --substring, got {keep!r}")
    spans = Substrings(unit, size or DEFAULT_SIZES[unit])
    found = cut_substrings(
        sources, output, SubstringChoice(*columns, spans, keep_first=keep != "none"), write=write
    )
    print(f"{found.rows:,} rows, {found.changed:,} lose text, {found.spans:,} repeated spans: {output}")


@app.command("dedup-index")
def dedup_index(
    sources: Sources,
    *,
    index: Annotated[str, typer.Option("--index", "-i", help="Folder of the index; made when absent.")],
    text_column: TextColumn = "text",
    id_column: IdColumn = "doc_id",
    keep: Keep = "smallest_key",
    within: Within = None,
    similarity: Annotated[float, typer.Option(help="Least estimated Jaccard similarity of a pair.")] = 0.7,
) -> None:
    """Match files with all that were added before, without reading those again, and add them.

    What changed, rows of earlier files included, is in INDEX/changes, one file for each run.

    Example: glotmill dedup-index 2026-10/*.parquet --index near-duplicates
    """
    from pipeline.dedup_index import add_to_index
    from pipeline.dedup_table import Choice

    found = add_to_index(
        sources, index, Choice(text_column, id_column, keep, least=similarity, within=within)
    )
    print(
        f"{found.rows:,} rows added to {found.total - found.rows:,}, {found.changed:,} decisions changed, "
        f"{found.clusters:,} clusters of two or more: {index}"
    )


@app.command()
def decontaminate(
    sources: Sources,
    *,
    against: Annotated[
        list[str], typer.Option(help="File of questions: Parquet, JSON lines or text; again for more.")
    ],
    output: Output,
    column: Annotated[list[str] | None, typer.Option(help="Column of questions; default: all texts.")] = None,
    text_column: TextColumn = "text",
    id_column: IdColumn = "doc_id",
    words: Annotated[int, typer.Option(help="Words of an n-gram.")] = 13,
    shortest: Annotated[int, typer.Option(help="Leave out questions of fewer words.")] = 8,
    write: Write = False,
) -> None:
    """Find rows that share n-grams with the questions of benchmarks.

    Example: glotmill decontaminate corpus/data/*/*.parquet --against arc.jsonl --output leaks --write
    """
    from pipeline.contaminated_table import Against, find_contaminated

    found = find_contaminated(
        sources,
        output,
        Against(against, column or (), words, shortest),
        text_column=text_column,
        id_column=id_column,
        write=write,
    )
    print(f"{found.rows:,} rows, {found.found:,} share one of {found.grams:,} n-grams: {output}")
