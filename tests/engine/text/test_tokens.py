"""Tokens of every script and of every kind of rubbish that a feed may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engine.text.tokens import LONGEST_WORD, tokenize


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Men's Running T-Shirt", ["men's", "running", "t-shirt"]),
        ("Screen 5.5 inch, 1/2 price", ["screen", "5.5", "inch", "1/2", "price"]),
        ("Straße CAFÉ", ["strasse", "café"]),
        ("snow_white", ["snow", "white"]),
    ],
)
def test_cuts_spaced_scripts_at_word_borders_and_folds_case(text, expected):
    assert tokenize(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Galaxy S9+ 64GB", ["galaxy", "s9+", "64gb"]),
        ("iPad MQ8N2B/A silver", ["ipad", "mq8n2b/a", "silver"]),
        ("WH-1000XM4", ["wh-1000xm4"]),
    ],
)
def test_keeps_model_numbers_whole(text, expected):
    assert tokenize(text) == expected


def test_full_width_letters_equal_half_width_ones():
    wide, narrow = "ＡＢＣ　１２３", "abc 123"

    assert tokenize(wide) == tokenize(narrow) == ["abc", "123"]


def test_half_width_katakana_equals_full_width():
    assert tokenize("ﾊﾞｲｵﾘﾝ") == tokenize("バイオリン")


def test_a_combining_accent_equals_the_letter_that_has_it():
    assert tokenize("cafe\u0301") == tokenize("caf\u00e9")


def test_japanese_is_cut_into_words_without_particles():
    assert tokenize("牛乳とパンの詰め合わせ")[:2] == ["牛乳", "パン"]
    assert "の" not in tokenize("牛乳とパンの詰め合わせ")


def test_spellings_of_one_japanese_word_are_one_token():
    assert tokenize("りんご") == tokenize("リンゴ") == tokenize("林檎")


def test_a_japanese_title_with_latin_letters_keeps_both():
    tokens = tokenize("Nike 赤い スニーカー 27cm")

    assert {"nike", "スニーカー", "27cm"} <= set(tokens)


def test_korean_becomes_bigrams_of_syllables():
    assert tokenize("운동화") == ["운동", "동화"]


def test_thai_becomes_trigrams():
    tokens = tokenize("รองเท้า")

    assert len(tokens) > 1
    assert all(len(token) <= 3 for token in tokens)


def test_markup_and_entities_are_not_words():
    text = "<p class='lead'>Red&nbsp;shoes<br/>&amp; socks</p><script>var x = 1</script>"

    assert tokenize(text) == ["red", "shoes", "socks"]


def test_escaped_markup_is_markup():
    assert tokenize("&lt;b&gt;bold&lt;/b&gt; bag") == ["bold", "bag"]


def test_a_less_than_sign_between_numbers_is_no_tag():
    assert tokenize("weight < 5 kg") == ["weight", "5", "kg"]


def test_trade_marks_do_not_stick_to_the_brand():
    assert tokenize("Lego™ bricks®") == tokenize("Lego bricks")


@pytest.mark.parametrize("text", ["", " \t\n", "!?—…", "\x00", "👟✨"])
def test_text_without_letters_has_no_tokens(text):
    assert tokenize(text) == []


@pytest.mark.parametrize("text", ["a\ud800b", "\udfff牛乳", "\udc80"])
def test_lone_surrogates_do_not_stop_it(text):
    for token in tokenize(text):
        token.encode()


def test_an_endless_word_is_cut():
    assert {len(token) for token in tokenize("x" * 5000)} == {LONGEST_WORD}


def test_a_megabyte_of_accents_is_read():
    assert tokenize("e" + "\u0301" * 1_000_000) is not None


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=60))
def test_never_raises_and_tokens_can_be_written_on_a_line(text):
    for token in tokenize(text):
        assert 0 < len(token) <= LONGEST_WORD
        assert token.split() == [token]
        assert "\x00" not in token
        token.encode()


@given(st.text(alphabet="<>&#;/ab!'\" x0scriptyle-", max_size=40))
def test_never_raises_on_broken_markup(text):
    assert all(tokenize(text))


@given(st.text(max_size=40))
def test_tokens_do_not_depend_on_surrounding_space(text):
    assert tokenize(f"  {text}\n") == tokenize(text)


def test_a_tag_that_is_never_closed_costs_no_more_than_its_length():
    # By backtracking, half a million letters would take minutes.
    assert tokenize("tea <b" + "a" * 500_000)[0] == "tea"
