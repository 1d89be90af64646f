"""The rules, one file each."""

from typing import Final

from streams.validation.rule import Rule
from streams.validation.rules.dx01_diagnosis_missing import diagnosis_missing
from streams.validation.rules.dx02_external_cause_primary import external_cause_primary
from streams.validation.rules.dx03_asterisk_code_primary import asterisk_code_primary
from streams.validation.rules.dx04_diagnosis_malformed import diagnosis_malformed
from streams.validation.rules.dx05_fifth_character_missing import fifth_character_missing
from streams.validation.rules.dx06_indication_not_coded import indication_not_coded
from streams.validation.rules.dx07_diagnosis_site_disagrees import diagnosis_site_disagrees
from streams.validation.rules.dx08_osteoporosis_split import osteoporosis_split
from streams.validation.rules.dx09_external_cause_missing import external_cause_missing
from streams.validation.rules.ic01_image_control_missing import image_control_missing
from streams.validation.rules.ic02_image_control_after_site import image_control_after_site
from streams.validation.rules.ic03_image_control_contradictory import image_control_contradictory
from streams.validation.rules.ic04_image_control_shared import image_control_shared
from streams.validation.rules.lv01_levels_missing import levels_missing
from streams.validation.rules.lv02_levels_not_second import levels_not_second
from streams.validation.rules.lv03_levels_repeated import levels_repeated
from streams.validation.rules.lv04_levels_without_spinal_procedure import (
    levels_without_spinal_procedure,
)
from streams.validation.rules.lv05_levels_fewer_than_sites import levels_fewer_than_sites
from streams.validation.rules.px01_both_vertebroplasty_codes import both_vertebroplasty_codes
from streams.validation.rules.px02_supplementary_code_first import supplementary_code_first
from streams.validation.rules.px03_fourth_character_missing import fourth_character_missing
from streams.validation.rules.px04_code_does_not_exist import code_does_not_exist
from streams.validation.rules.px05_unspecified_code import unspecified_code
from streams.validation.rules.px06_procedure_malformed import procedure_malformed
from streams.validation.rules.px07_vertebroplasty_repeated import vertebroplasty_repeated
from streams.validation.rules.st01_site_missing import site_missing
from streams.validation.rules.st02_site_not_spinal import site_not_spinal
from streams.validation.rules.st03_site_not_a_vertebra import site_not_a_vertebra
from streams.validation.rules.st04_method_after_site import method_after_site

RULES: Final[tuple[Rule, ...]] = (
    diagnosis_missing,
    external_cause_primary,
    asterisk_code_primary,
    diagnosis_malformed,
    fifth_character_missing,
    indication_not_coded,
    diagnosis_site_disagrees,
    osteoporosis_split,
    external_cause_missing,
    image_control_missing,
    image_control_after_site,
    image_control_contradictory,
    image_control_shared,
    levels_missing,
    levels_not_second,
    levels_repeated,
    levels_without_spinal_procedure,
    levels_fewer_than_sites,
    both_vertebroplasty_codes,
    supplementary_code_first,
    fourth_character_missing,
    code_does_not_exist,
    unspecified_code,
    procedure_malformed,
    vertebroplasty_repeated,
    site_missing,
    site_not_spinal,
    site_not_a_vertebra,
    method_after_site,
)
"""In the order of their codes."""

TITLES: Final = {rule.code: rule.title for rule in RULES}
"""By their codes."""
