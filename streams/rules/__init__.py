"""The rules, one file each."""

from typing import Final

from streams.rule import Rule
from streams.rules.dx01_diagnosis_missing import diagnosis_missing
from streams.rules.dx02_external_cause_primary import external_cause_primary
from streams.rules.dx03_asterisk_code_primary import asterisk_code_primary
from streams.rules.dx04_diagnosis_malformed import diagnosis_malformed
from streams.rules.dx05_fifth_character_missing import fifth_character_missing
from streams.rules.dx06_indication_not_coded import indication_not_coded
from streams.rules.ic01_image_control_missing import image_control_missing
from streams.rules.ic02_image_control_after_site import image_control_after_site
from streams.rules.ic03_image_control_contradictory import image_control_contradictory
from streams.rules.lv01_levels_missing import levels_missing
from streams.rules.lv02_levels_not_second import levels_not_second
from streams.rules.lv03_levels_repeated import levels_repeated
from streams.rules.lv04_levels_without_spinal_procedure import levels_without_spinal_procedure
from streams.rules.lv05_levels_disagree_with_sites import levels_disagree_with_sites
from streams.rules.px01_both_vertebroplasty_codes import both_vertebroplasty_codes
from streams.rules.px02_supplementary_code_first import supplementary_code_first
from streams.rules.px03_fourth_character_missing import fourth_character_missing
from streams.rules.px04_code_does_not_exist import code_does_not_exist
from streams.rules.px05_unspecified_code import unspecified_code
from streams.rules.px06_procedure_malformed import procedure_malformed
from streams.rules.st01_site_missing import site_missing
from streams.rules.st02_site_not_spinal import site_not_spinal
from streams.rules.st03_site_not_a_vertebra import site_not_a_vertebra

RULES: Final[tuple[Rule, ...]] = (
    diagnosis_missing,
    external_cause_primary,
    asterisk_code_primary,
    diagnosis_malformed,
    fifth_character_missing,
    indication_not_coded,
    image_control_missing,
    image_control_after_site,
    image_control_contradictory,
    levels_missing,
    levels_not_second,
    levels_repeated,
    levels_without_spinal_procedure,
    levels_disagree_with_sites,
    both_vertebroplasty_codes,
    supplementary_code_first,
    fourth_character_missing,
    code_does_not_exist,
    unspecified_code,
    procedure_malformed,
    site_missing,
    site_not_spinal,
    site_not_a_vertebra,
)
"""In the order of their codes."""

TITLES: Final = {rule.code: rule.title for rule in RULES}
"""By their codes."""
