//! What the values of closed sets mean: words of the registry of fields, codes of languages and of countries.

/// Field, then each of its values with its meaning.
const VALUES: &[(&str, &[(&str, &str)])] = &[
    (
        "platform",
        &[
            ("x", "X, formerly Twitter"),
            ("facebook", "Facebook"),
            ("instagram", "Instagram"),
            ("tiktok", "TikTok"),
            ("youtube", "YouTube"),
            ("reddit", "Reddit"),
            ("mastodon", "Mastodon"),
            ("bluesky", "Bluesky"),
            ("threads", "Threads"),
            ("telegram", "Telegram"),
            ("hackernews", "Hacker News"),
            ("feed", "a feed of a website, RSS or Atom"),
            ("partner", "a partner that delivers posts"),
            ("other", "a platform that has no word of its own"),
        ],
    ),
    (
        "kind",
        &[
            ("post", "a post that starts a thread of its own"),
            ("reply", "an answer to another post"),
            ("quote", "a post that quotes another one"),
            ("repost", "another one's post, passed on without words"),
            ("comment", "a comment below something"),
            ("video", "a video"),
            ("story", "a story that goes away after a while"),
            ("live", "something that is broadcast live"),
            ("article", "an article"),
            ("message", "a message in a channel or group"),
            ("review", "a review"),
            ("poll", "a poll"),
        ],
    ),
    (
        "op",
        &[
            ("created", "the post was published"),
            ("updated", "the post was edited"),
            ("deleted", "the post was deleted"),
            ("engaged", "new figures of how people take part came"),
            ("account", "something about the account changed"),
        ],
    ),
    (
        "visibility",
        &[
            ("public", "everybody may see it"),
            ("unlisted", "everybody may see it, and no public list shows it"),
            ("followers", "the author's followers may see it"),
            ("direct", "those may see it whom it is sent to"),
        ],
    ),
];

/// Codes and names of languages; `;` stands between them.
pub(super) const LANGUAGES: &str = "aa Afar;ab Abkhazian;ae Avestan;af Afrikaans;ak Akan;am Amharic;an Aragonese;ar Arabic;as Assamese;\
    av Avaric;ay Aymara;az Azerbaijani;ba Bashkir;be Belarusian;bg Bulgarian;bh Bihari;bi Bislama;bm Bambara;bn Bengali;\
    bo Tibetan;br Breton;bs Bosnian;ca Catalan;ce Chechen;ch Chamorro;co Corsican;cr Cree;cs Czech;cu Church Slavonic;\
    cv Chuvash;cy Welsh;da Danish;de German;dv Dhivehi;dz Dzongkha;ee Ewe;el Greek;en English;eo Esperanto;es Spanish;\
    et Estonian;eu Basque;fa Persian;ff Fulah;fi Finnish;fj Fijian;fo Faroese;fr French;fy Western Frisian;ga Irish;\
    gd Scottish Gaelic;gl Galician;gn Guarani;gu Gujarati;gv Manx;ha Hausa;he Hebrew;hi Hindi;ho Hiri Motu;hr Croatian;\
    ht Haitian Creole;hu Hungarian;hy Armenian;hz Herero;ia Interlingua;id Indonesian;ie Interlingue;ig Igbo;\
    ii Sichuan Yi;ik Inupiaq;in Indonesian, by its old code;io Ido;is Icelandic;it Italian;iu Inuktitut;\
    iw Hebrew, by its old code;ja Japanese;ji Yiddish, by its old code;jv Javanese;jw Javanese, by its old code;\
    ka Georgian;kg Kongo;ki Kikuyu;kj Kuanyama;kk Kazakh;kl Kalaallisut;km Khmer;kn Kannada;ko Korean;kr Kanuri;\
    ks Kashmiri;ku Kurdish;kv Komi;kw Cornish;ky Kyrgyz;la Latin;lb Luxembourgish;lg Ganda;li Limburgish;ln Lingala;\
    lo Lao;lt Lithuanian;lu Luba-Katanga;lv Latvian;mg Malagasy;mh Marshallese;mi Maori;mk Macedonian;ml Malayalam;\
    mn Mongolian;mo Moldavian, by its old code;mr Marathi;ms Malay;mt Maltese;my Burmese;na Nauru;nb Norwegian Bokmål;\
    nd North Ndebele;ne Nepali;ng Ndonga;nl Dutch;nn Norwegian Nynorsk;no Norwegian;nr South Ndebele;nv Navajo;\
    ny Chichewa;oc Occitan;oj Ojibwa;om Oromo;or Odia;os Ossetian;pa Punjabi;pi Pali;pl Polish;ps Pashto;pt Portuguese;\
    qu Quechua;rm Romansh;rn Rundi;ro Romanian;ru Russian;rw Kinyarwanda;sa Sanskrit;sc Sardinian;sd Sindhi;\
    se Northern Sami;sg Sango;sh Serbo-Croatian;si Sinhala;sk Slovak;sl Slovenian;sm Samoan;sn Shona;so Somali;\
    sq Albanian;sr Serbian;ss Swati;st Southern Sotho;su Sundanese;sv Swedish;sw Swahili;ta Tamil;te Telugu;tg Tajik;\
    th Thai;ti Tigrinya;tk Turkmen;tl Tagalog;tn Tswana;to Tongan;tr Turkish;ts Tsonga;tt Tatar;tw Twi;ty Tahitian;\
    ug Uyghur;uk Ukrainian;ur Urdu;uz Uzbek;ve Venda;vi Vietnamese;vo Volapük;wa Walloon;wo Wolof;xh Xhosa;yi Yiddish;\
    yo Yoruba;za Zhuang;zh Chinese;zu Zulu;und A language that could not be told;mul Several languages;\
    zxx Nothing in a language;ckb Central Kurdish;fil Filipino;arz Egyptian Arabic;ary Moroccan Arabic;yue Cantonese;\
    cmn Mandarin Chinese;wuu Wu Chinese;nan Min Nan Chinese;hak Hakka Chinese;ast Asturian;ceb Cebuano;bar Bavarian;\
    nds Low German;scn Sicilian;vec Venetian;lmo Lombard;nap Neapolitan;pms Piedmontese;sah Yakut;tlh Klingon;\
    haw Hawaiian;hmn Hmong;hsb Upper Sorbian;dsb Lower Sorbian;gsw Swiss German;kab Kabyle;krc Karachay-Balkar;\
    mai Maithili;bho Bhojpuri;new Newari;pnb Western Punjabi;ace Acehnese;ban Balinese;bug Buginese;bcl Central Bikol;\
    war Waray;ilo Iloko;jam Jamaican Creole;pap Papiamento;sco Scots;szl Silesian;tet Tetum;tpi Tok Pisin;udm Udmurt;\
    rue Rusyn;myv Erzya;mdf Moksha;mhr Meadow Mari;zea Zeelandic";

/// Codes and names of countries; `;` stands between them.
pub(super) const COUNTRIES: &str = "AD Andorra;AE United Arab Emirates;AF Afghanistan;AG Antigua and Barbuda;AI Anguilla;AL Albania;\
    AM Armenia;AO Angola;AQ Antarctica;AR Argentina;AS American Samoa;AT Austria;AU Australia;AW Aruba;AX Åland Islands;\
    AZ Azerbaijan;BA Bosnia and Herzegovina;BB Barbados;BD Bangladesh;BE Belgium;BF Burkina Faso;BG Bulgaria;BH Bahrain;\
    BI Burundi;BJ Benin;BL Saint Barthélemy;BM Bermuda;BN Brunei;BO Bolivia;BQ Bonaire, Sint Eustatius and Saba;BR Brazil;\
    BS Bahamas;BT Bhutan;BV Bouvet Island;BW Botswana;BY Belarus;BZ Belize;CA Canada;CC Cocos Islands;\
    CD Democratic Republic of the Congo;CF Central African Republic;CG Republic of the Congo;CH Switzerland;\
    CI Côte d'Ivoire;CK Cook Islands;CL Chile;CM Cameroon;CN China;CO Colombia;CR Costa Rica;CU Cuba;CV Cabo Verde;\
    CW Curaçao;CX Christmas Island;CY Cyprus;CZ Czechia;DE Germany;DJ Djibouti;DK Denmark;DM Dominica;\
    DO Dominican Republic;DZ Algeria;EC Ecuador;EE Estonia;EG Egypt;EH Western Sahara;ER Eritrea;ES Spain;ET Ethiopia;\
    FI Finland;FJ Fiji;FK Falkland Islands;FM Micronesia;FO Faroe Islands;FR France;GA Gabon;GB United Kingdom;\
    GD Grenada;GE Georgia;GF French Guiana;GG Guernsey;GH Ghana;GI Gibraltar;GL Greenland;GM Gambia;GN Guinea;\
    GP Guadeloupe;GQ Equatorial Guinea;GR Greece;GS South Georgia and the South Sandwich Islands;GT Guatemala;GU Guam;\
    GW Guinea-Bissau;GY Guyana;HK Hong Kong;HM Heard Island and McDonald Islands;HN Honduras;HR Croatia;HT Haiti;\
    HU Hungary;ID Indonesia;IE Ireland;IL Israel;IM Isle of Man;IN India;IO British Indian Ocean Territory;IQ Iraq;\
    IR Iran;IS Iceland;IT Italy;JE Jersey;JM Jamaica;JO Jordan;JP Japan;KE Kenya;KG Kyrgyzstan;KH Cambodia;KI Kiribati;\
    KM Comoros;KN Saint Kitts and Nevis;KP North Korea;KR South Korea;KW Kuwait;KY Cayman Islands;KZ Kazakhstan;LA Laos;\
    LB Lebanon;LC Saint Lucia;LI Liechtenstein;LK Sri Lanka;LR Liberia;LS Lesotho;LT Lithuania;LU Luxembourg;LV Latvia;\
    LY Libya;MA Morocco;MC Monaco;MD Moldova;ME Montenegro;MF Saint Martin, the French part;MG Madagascar;\
    MH Marshall Islands;MK North Macedonia;ML Mali;MM Myanmar;MN Mongolia;MO Macao;MP Northern Mariana Islands;\
    MQ Martinique;MR Mauritania;MS Montserrat;MT Malta;MU Mauritius;MV Maldives;MW Malawi;MX Mexico;MY Malaysia;\
    MZ Mozambique;NA Namibia;NC New Caledonia;NE Niger;NF Norfolk Island;NG Nigeria;NI Nicaragua;NL Netherlands;NO Norway;\
    NP Nepal;NR Nauru;NU Niue;NZ New Zealand;OM Oman;PA Panama;PE Peru;PF French Polynesia;PG Papua New Guinea;\
    PH Philippines;PK Pakistan;PL Poland;PM Saint Pierre and Miquelon;PN Pitcairn;PR Puerto Rico;PS Palestine;PT Portugal;\
    PW Palau;PY Paraguay;QA Qatar;RE Réunion;RO Romania;RS Serbia;RU Russia;RW Rwanda;SA Saudi Arabia;SB Solomon Islands;\
    SC Seychelles;SD Sudan;SE Sweden;SG Singapore;SH Saint Helena, Ascension and Tristan da Cunha;SI Slovenia;\
    SJ Svalbard and Jan Mayen;SK Slovakia;SL Sierra Leone;SM San Marino;SN Senegal;SO Somalia;SR Suriname;SS South Sudan;\
    ST Sao Tome and Principe;SV El Salvador;SX Sint Maarten, the Dutch part;SY Syria;SZ Eswatini;\
    TC Turks and Caicos Islands;TD Chad;TF French Southern Territories;TG Togo;TH Thailand;TJ Tajikistan;TK Tokelau;\
    TL Timor-Leste;TM Turkmenistan;TN Tunisia;TO Tonga;TR Türkiye;TT Trinidad and Tobago;TV Tuvalu;TW Taiwan;TZ Tanzania;\
    UA Ukraine;UG Uganda;UM United States Minor Outlying Islands;US United States;UY Uruguay;UZ Uzbekistan;\
    VA Vatican City;VC Saint Vincent and the Grenadines;VE Venezuela;VG British Virgin Islands;VI US Virgin Islands;\
    VN Vietnam;VU Vanuatu;WF Wallis and Futuna;WS Samoa;XK Kosovo;YE Yemen;YT Mayotte;ZA South Africa;ZM Zambia;\
    ZW Zimbabwe";

/// What a word of a field's closed set means.
pub(super) fn value(field: &str, word: &str) -> Option<&'static str> {
    let (_, values) = VALUES.iter().find(|(name, _)| *name == field)?;
    values.iter().find(|(name, _)| *name == word).map(|(_, says)| *says)
}

/// The name of the language of this code.
pub(super) fn language(code: &str) -> Option<&'static str> {
    named(LANGUAGES, code)
}

/// The name of the country of this code.
pub(super) fn country(code: &str) -> Option<&'static str> {
    named(COUNTRIES, code)
}

fn named(list: &'static str, code: &str) -> Option<&'static str> {
    list.split(';').filter_map(|entry| entry.split_once(' ')).find(|(known, _)| *known == code).map(|(_, name)| name)
}
