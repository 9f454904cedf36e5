"""Countries' two-letter codes by their English names: `mp_country_code` is a code, exports have names.

Codes are ISO 3166-1's, names are those of Unicode's CLDR (which Google Analytics uses) and other usual ones.
"""

import re
import unicodedata
from functools import lru_cache

_NAMES = """
AD andorra; AE united arab emirates; AF afghanistan; AG antigua and barbuda; AI anguilla; AL albania; AM
armenia; AO angola; AQ antarctica; AR argentina; AS american samoa; AT austria; AU australia; AW aruba; AX
aland islands; AZ azerbaijan; BA bosnia and herzegovina; BB barbados; BD bangladesh; BE belgium; BF
burkina faso; BG bulgaria; BH bahrain; BI burundi; BJ benin; BL saint barthelemy; BM bermuda; BN
brunei/brunei darussalam; BO bolivia/bolivia, plurinational state of; BQ bonaire, sint eustatius and saba;
BR brazil; BS bahamas; BT bhutan; BV bouvet island; BW botswana; BY belarus; BZ belize; CA canada; CC
cocos (keeling) islands/cocos islands; CD congo - kinshasa/congo kinshasa/democratic republic of
congo/democratic republic of the congo/dr congo/congo (drc); CF central african republic; CG congo -
brazzaville/congo/republic of the congo; CH switzerland; CI cote d'ivoire/ivory coast; CK cook islands; CL
chile; CM cameroon; CN china; CO colombia; CR costa rica; CU cuba; CV cape verde; CW curacao; CX christmas
island; CY cyprus; CZ czech republic; DE germany; DJ djibouti; DK denmark; DM dominica; DO dominican
republic; DZ algeria; EC ecuador; EE estonia; EG egypt; EH western sahara; ER eritrea; ES spain; ET
ethiopia; FI finland; FJ fiji; FK falkland islands; FM micronesia; FO faroe islands; FR france; GA gabon;
GB united kingdom/uk/great britain; GD grenada; GE georgia; GF french guiana; GG guernsey; GH ghana; GI
gibraltar; GL greenland; GM gambia; GN guinea; GP guadeloupe; GQ equatorial guinea; GR greece; GS south
georgia and the south sandwich islands; GT guatemala; GU guam; GW guinea-bissau; GY guyana; HK hong kong;
HM heard island and mcdonald islands; HN honduras; HR croatia; HT haiti; HU hungary; ID indonesia; IE
ireland; IL israel; IM isle of man; IN india; IO british indian ocean territory; IQ iraq; IR iran/islamic
republic of iran; IS iceland; IT italy; JE jersey; JM jamaica; JO jordan; JP japan; KE kenya; KG
kyrgyzstan; KH cambodia; KI kiribati; KM comoros; KN saint kitts and nevis; KP north korea; KR south
korea/republic of korea; KW kuwait; KY cayman islands; KZ kazakhstan; LA laos/lao people's democratic
republic; LB lebanon; LC saint lucia; LI liechtenstein; LK sri lanka; LR liberia; LS lesotho; LT
lithuania; LU luxembourg; LV latvia; LY libya; MA morocco; MC monaco; MD moldova/republic of moldova; ME
montenegro; MF saint martin; MG madagascar; MH marshall islands; MK macedonia/macedonia (fyrom); ML mali;
MM myanmar (burma)/myanmar/burma; MN mongolia; MO macao/macau; MP northern mariana islands; MQ martinique;
MR mauritania; MS montserrat; MT malta; MU mauritius; MV maldives; MW malawi; MX mexico; MY malaysia; MZ
mozambique; NA namibia; NC new caledonia; NE niger; NF norfolk island; NG nigeria; NI nicaragua; NL
netherlands; NO norway; NP nepal; NR nauru; NU niue; NZ new zealand; OM oman; PA panama; PE peru; PF
french polynesia; PG papua new guinea; PH philippines; PK pakistan; PL poland; PM saint pierre and
miquelon; PN pitcairn; PR puerto rico; PS palestine; PT portugal; PW palau; PY paraguay; QA qatar; RE
reunion; RO romania; RS serbia; RU russia/russian federation; RW rwanda; SA saudi arabia; SB solomon
islands; SC seychelles; SD sudan; SE sweden; SG singapore; SH saint helena; SI slovenia; SJ svalbard and
jan mayen; SK slovakia; SL sierra leone; SM san marino; SN senegal; SO somalia; SR suriname; SS south
sudan; ST sao tome and principe; SV el salvador; SX sint maarten (dutch part)/sint maarten; SY
syria/syrian arab republic; SZ swaziland; TC turks and caicos islands; TD chad; TF french southern
territories; TG togo; TH thailand; TJ tajikistan; TK tokelau; TL timor-leste/east timor; TM turkmenistan;
TN tunisia; TO tonga; TR turkey/turkiye; TT trinidad and tobago; TV tuvalu; TW taiwan; TZ tanzania/united
republic of tanzania; UA ukraine; UG uganda; UM united states minor outlying islands; US united
states/united states of america/usa; UY uruguay; UZ uzbekistan; VA vatican/holy see; VC saint vincent and
the grenadines; VE venezuela; VG british virgin islands; VI u.s. virgin islands; VN vietnam/viet nam; VU
vanuatu; WF wallis and futuna; WS samoa; XK kosovo; YE yemen; YT mayotte; ZA south africa; ZM zambia; ZW
zimbabwe
"""


_is_code = re.compile("[A-Za-z]{2}").fullmatch


@lru_cache(maxsize=4_096)
def code_of(country: str) -> str:
    """The code of a name, a code as it is in capitals, or an empty string."""
    code = _CODES.get(_plain(country), "")
    return country.upper() if not code and _is_code(country) else code


def _plain(name: str) -> str:
    """Lower case, without accents, `&` as `and`, St. as Saint."""
    apart = unicodedata.normalize("NFKD", name.lower().replace("\u2019", "'"))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return plain.strip().removeprefix("the ").replace("&", "and").replace("st. ", "saint ")


_CODES = {
    name: line[:2] for line in _NAMES.replace("\n", " ").strip().split("; ") for name in line[3:].split("/")
}
