"""The texts of the golden lines: many scripts, short and empty ones."""

TEXTS: list[tuple[str, str | None]] = [
    ("eng_Latn", ""),
    ("eng_Latn", None),
    ("eng_Latn", "Word"),
    ("eng_Latn", " \n\n "),
    (
        "eng_Latn",
        "The old mill stands by the river. The old mill stands by the river…\n"
        "- Read more...\n- Read more...\n\nVisit http://example.org for {details} #1!",
    ),
    ("deu_Latn", "Die Straße führt 1.000 Meter weit. „Wirklich?“ Ja, ÜBERALL."),
    ("arb_Arab", "هذا نص قصير باللغة العربية، وهو مكتوب للاختبار. هل تفهم؟"),
    ("hin_Deva", "यह हिन्दी का छोटा वाक्य है। यह हिन्दी का छोटा वाक्य है। क्या आप समझे?"),
    ("tha_Thai", "ภาษาไทยเป็นภาษาที่เขียนโดยไม่มีช่องว่างระหว่างคำ"),
    ("zho_Hans", "这是一个简短的测试文本。这是一个简短的测试文本，用来检查系统。"),
    ("jpn_Jpan", "私は本を読みます。カタカナとひらがなと漢字。"),
    ("amh_Ethi", "ይህ አጭር ጽሑፍ ነው። ለሙከራ፡ተጻፈ።"),
    ("mya_Mymr", "မြန်မာစာသည် စာလုံးများကို ခွဲမရေးပါ။"),
    ("rus_Cyrl", "Это короткий текст.\nОн написан для проверки.\nЭто короткий текст."),
]
