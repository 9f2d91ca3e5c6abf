"""Values for hypothesis of each column that signals read: of the text pages in several languages too."""

import pyarrow as pa
from hypothesis import strategies as st

from filters.signals.language import LID
from tests.slow_models import LANG
from tests.strategies import TEXTS

LINES = (
    "The dog and the cat are in the house.",
    "Der Hund und die Katze sind im Haus.",
    "Собака и кошка находятся в доме.",
    "यह पाठ केवल जाँच के लिए लिखा गया है।",
    "他们在学校里学习汉语。",
    "犬と猫は家の中にいます。",
    "يولد جميع الناس أحرارًا.",
    *("the cat saw a aa 12", "12 x", "</s>", ""),
)
NO_LANGUAGE = "12 x"
PAGES = st.lists(st.sampled_from(LINES), max_size=4)
SHARED_PAGES = st.lists(st.sampled_from(LINES), min_size=2, max_size=4).map(lambda lines: 5 * lines)
EVEN_PAGES = st.builds(
    lambda times, languages: times * [*LINES[:languages], NO_LANGUAGE], st.integers(1, 3), st.integers(4, 6)
)
"""As many lines in each language as in none."""

LISTED = st.lists(st.sampled_from(("a", "b", "A", "the", "है", "本")), max_size=4).map(" ".join)
LABELS = (
    *(LANG, "hin_Deva", "jpn_Jpan", "kor_Hang", "deu_Latn"),
    *("ara_Arab", "zho_Hani", "aak_Latn", "xxx_Zzzz"),
)
CODES = ("eng", "deu", "hin", "jpn", "kor", "arb", "ara", "cmn", "zho", "nob", "nor", "und", "zxx")
SCHEMES = ("http://", "HTTPS://", "http://user:key@", "//", "")
HOSTS = (
    *("www.a", "www.a.b", "A.b.", "a.b:80", "a.b:443", "a.b:8080"),
    *("a.b:x", "[::1]", "[a", "é.b", "℀.b", ""),
)
SEGMENTS = (
    *("a", "", ".", "..", "b;jsessionid=1", ";PHPSESSID=2;c"),
    *("%41", "%e0%a4", "%2F", "~+ 'क", "\n", "@:"),
)
PARAMETERS = (
    *("b=2", "a=1", "a", "=x", "", "c+d=%20", "é=%ff"),
    *("utm_a=1", "UTM_B", "fbclid=1", "sid=1", "ref=1", "feed"),
)
URLS = st.builds(
    lambda scheme, host, path, query, end: scheme + host + "/".join(["", *path]) + query + end,
    *(st.sampled_from(SCHEMES), st.sampled_from(HOSTS), st.lists(st.sampled_from(SEGMENTS), max_size=6)),
    st.just("") | st.lists(st.sampled_from(PARAMETERS), max_size=5).map(lambda pairs: "?" + "&".join(pairs)),
    st.sampled_from(("", "#top", "#!page", "/")),
)
SCORES = st.floats(0, 1, width=32)
NAMES = st.sampled_from((*CODES, *LABELS))
VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[object]]] = {
    "text": (
        pa.string(),
        TEXTS | LISTED | PAGES.map(" ".join) | (PAGES | SHARED_PAGES | EVEN_PAGES).map("\n".join),
    ),
    "lang": (pa.string(), st.just(LANG) | st.sampled_from(LABELS)),
    "url": (pa.string(), st.one_of(st.text(), *[URLS] * 3)),
    "lid": (
        LID,
        st.fixed_dictionaries(
            {"label": NAMES, "score": SCORES, "second": st.none() | NAMES, "second_score": st.none() | SCORES}
        ),
    ),
    "perplexity": (pa.float64(), st.floats(0, 400) | st.sampled_from((10.0, 100.0, 200.0, 300.0))),
    "cluster_size": (pa.int32(), st.integers(0, 12) | st.integers(0, 2000)),
    "chunk_count": (pa.int32(), st.integers(0, 9)),
    "failed_chunk_count": (pa.int32(), st.integers(0, 9)),
}
