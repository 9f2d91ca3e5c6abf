"""AUDIT: what the audits say of each language's corpus, with the evidence. All ratios are from 0 to 1."""

import pyarrow as pa

from schemas.table import column

RATIO, COUNT, BITS = pa.float64(), pa.int64(), pa.float64()

AUDIT = pa.schema(
    [
        column("lang", pa.string(), "ISO 639-3 and ISO 15924, as the corpus is labelled", nullable=False),
        column("verdict", pa.string(), "keep, flag, remove or relabel", nullable=False),
        column("finding", pa.string(), "the gravest finding (filters/audit_verdicts.py)", nullable=False),
        column("relabel_to", pa.string(), "the language that the text is in, where that is known"),
        column("notes", pa.list_(pa.string()), "measurements that are unusual and settle nothing"),
        column("documents", COUNT, "documents of the corpus", nullable=False),
        column("text_bytes", COUNT, "text of the corpus in UTF-8", unit="bytes", nullable=False),
        column("sampled_documents", COUNT, "documents that were looked at", nullable=False),
        column("sampled_bytes", COUNT, "their text in UTF-8", unit="bytes", nullable=False),
        column("main_script", pa.string(), "script of most letters, ISO 15924"),
        column("main_script_ratio", RATIO, "letters in that script / letters"),
        column("foreign_script_ratio", RATIO, "letters in scripts that the language does not use / letters"),
        column("letter_ratio", RATIO, "letters with their marks / code points that are not white space"),
        column(
            "own_bits", BITS, "cross-entropy of held-out text by its own model", unit="bits per code point"
        ),
        column("nearest", pa.string(), "the language whose corpus is nearest"),
        column("nearest_bits", BITS, "the larger of both cross-entropies", unit="bits per code point"),
        column("excess_bits", BITS, "the larger excess over own models", unit="bits per code point"),
        column("relation", pa.string(), "of the nearest language: same, close, family, other, unknown"),
        column("alike", pa.list_(pa.string()), "languages whose corpora cannot be told from this one"),
        column("foreign_document_ratio", RATIO, "documents that the model of a remote language fits better"),
        column("foreign_lang", pa.string(), "the language that most of them are like"),
        column("boilerplate_line_ratio", RATIO, "lines that are among the most frequent ones / lines"),
        column("religious_document_ratio", RATIO, "documents of religious sites / documents with an address"),
        column("top_site", pa.string(), "the site with the most documents"),
        column("top_site_ratio", RATIO, "documents of that site / documents with an address"),
        column("near_duplicate_ratio", RATIO, "documents that are like another one / documents"),
        column("types_in_10000", RATIO, "different words expected in 10,000 words", unit="words"),
        column("reference_types_in_10000", RATIO, "the same in the reference text", unit="words"),
        column("no_common_word_ratio", RATIO, "documents without a common word of the language / documents"),
    ]
)
