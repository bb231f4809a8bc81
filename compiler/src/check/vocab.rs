//! Closed sets of codes that fields hold: languages (ISO 639-1 and the others that posts are marked with) and countries
//! (ISO 3166-1 alpha-2).

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

const LANGUAGE_CODES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv \
    cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig \
    ii ik in io is it iu iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh \
    mi mk ml mn mo mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc \
    sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo \
    wa wo xh yi yo za zh zu und mul zxx ckb fil arz ary yue cmn wuu nan hak ast ceb bar nds scn vec lmo nap pms sah tlh \
    haw hmn hsb dsb gsw kab krc mai bho new pnb ace ban bug bcl war ilo jam pap sco szl tet tpi udm rue myv mdf mhr zea";

const COUNTRY_CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ \
    BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES \
    ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO \
    IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR \
    PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK \
    TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

static LANGUAGES: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| languages().collect());
static COUNTRIES: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| countries().collect());

/// The codes of languages, in the order of their list.
pub(crate) fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGE_CODES.split_whitespace()
}

/// The codes of countries, in the order of the alphabet.
pub(crate) fn countries() -> impl Iterator<Item = &'static str> {
    COUNTRY_CODES.split_whitespace()
}

/// Whether this lower-case code is a language.
pub(crate) fn is_language(code: &str) -> bool {
    LANGUAGES.contains(code)
}

/// Whether this upper-case code is a country.
pub(crate) fn is_country(code: &str) -> bool {
    COUNTRIES.contains(code)
}

/// Words of fields, and codes of languages and countries, by the name that people write instead, for a suggestion.
pub(crate) fn code_for(name: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("english", "en"),
        ("german", "de"),
        ("deutsch", "de"),
        ("french", "fr"),
        ("spanish", "es"),
        ("italian", "it"),
        ("japanese", "ja"),
        ("chinese", "zh"),
        ("portuguese", "pt"),
        ("arabic", "ar"),
        ("russian", "ru"),
        ("korean", "ko"),
        ("dutch", "nl"),
        ("turkish", "tr"),
        ("hindi", "hi"),
        ("germany", "DE"),
        ("france", "FR"),
        ("spain", "ES"),
        ("italy", "IT"),
        ("japan", "JP"),
        ("china", "CN"),
        ("austria", "AT"),
        ("switzerland", "CH"),
        ("uk", "GB"),
        ("usa", "US"),
        ("eng", "en"),
        ("jp", "ja"),
        ("twitter", "x"),
        ("tweet", "post"),
        ("toot", "post"),
        ("retweet", "repost"),
        ("share", "repost"),
        ("boost", "repost"),
    ];
    let name = name.to_lowercase();
    NAMES.iter().find(|(written, _)| *written == name).map(|(_, code)| *code)
}
