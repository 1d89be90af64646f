import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import streams.validation.rules
from schemas.episode import Episode
from schemas.verdict import Outcome, Severity, Verdict
from streams.validation.check import check
from streams.validation.rule import Pair, Rule
from streams.validation.rules import RULES

TEMPLATE = Path(__file__).parents[2] / "docs/template_rule.py"

REGIONS = {
    "cervical": {"Z66.1", "Z66.2", "Z66.3", "M48.52"},
    "thoracic": {"Z66.4", "S22"},
    "lumbar": {"Z66.5", "Z67.6", "Z67.9", "Z99.3", "V47.3", "S32", "M48.56", "M49.56"},
    "sacral": {"Z75.1"},
}
"""What names a region of the spine, among the codes of the good examples."""

PROCEDURES_OF_A_REGION = re.compile("V(?!44|55|53)|Z66|Z67|Z75|Z99")
DIAGNOSES_OF_A_REGION = re.compile("S[123]2|M48|M49")


every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
every_pair = pytest.mark.parametrize(
    "rule,pair",
    [
        pytest.param(rule, pair, id=f"{rule.code}: {pair.why}")
        for rule in RULES
        for pair in rule.pairs
    ],
)

every_good_example = pytest.mark.parametrize(
    "good",
    [
        pytest.param(pair.good, id=f"{rule.code}: {pair.why}")
        for rule in RULES
        for pair in rule.pairs
    ],
)


def broken_errors(verdict: Verdict) -> set[str]:
    return {f.rule for f in verdict.findings if f.severity is Severity.ERROR}


def test_rules_are_listed_in_the_order_of_their_codes() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


def test_every_rule_has_a_name_and_a_title_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert len({rule.title for rule in RULES}) == len(RULES)


def test_every_file_of_rules_is_named_by_the_code_and_the_name_of_the_rule_listed() -> None:
    files = {path.stem for path in Path(streams.validation.rules.__file__).parent.glob("*.py")}
    named = {f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in RULES}
    assert files == named | {"__init__"}


@every_rule
def test_a_rule_is_declared_in_the_file_that_bears_its_name(rule: Rule) -> None:
    module = rule.check.__module__.rpartition(".")[2]
    assert module == f"{rule.code.lower()}_{rule.name.replace('-', '_')}"


@every_rule
def test_a_rule_says_why_in_two_to_five_sentences(rule: Rule) -> None:
    sentences = re.findall(r"[.?!](?=\s|$)", rule.why)
    assert 2 <= len(sentences) <= 5
    assert rule.why.endswith(".")


@every_rule
def test_a_title_is_in_sentence_case_without_a_full_stop(rule: Rule) -> None:
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")


@every_rule
def test_a_rule_has_at_least_one_pair_and_no_reason_twice(rule: Rule) -> None:
    reasons = [pair.why for pair in rule.pairs]
    assert reasons
    assert len(reasons) == len(set(reasons))


@every_pair
def test_a_bad_example_breaks_its_rule_and_no_error_rule_besides(rule: Rule, pair: Pair) -> None:
    verdict = check(pair.bad)
    assert rule.code in verdict.rules
    assert broken_errors(verdict) <= {rule.code}


@every_good_example
def test_a_good_example_has_no_finding_at_all(good: Episode) -> None:
    assert check(good).findings == ()


@every_good_example
def test_a_good_example_is_of_the_regions_of_its_sites(good: Episode) -> None:
    verdict = check(good)
    codes = [*filter(PROCEDURES_OF_A_REGION.match, verdict.procedures or ())]
    codes += filter(DIAGNOSES_OF_A_REGION.match, verdict.diagnoses or ())
    regions = {
        code: {region for region, known in REGIONS.items() if known & {code, code[:3], code[:6]}}
        for code in codes
    }
    of_sites = set().union(*(regions[code] for code in codes if code.startswith("Z")))
    assert all(of_code & of_sites for of_code in regions.values()), regions


@every_pair
def test_a_fix_for_a_bad_example_makes_it_compliant(rule: Rule, pair: Pair) -> None:
    verdict = check(pair.bad)
    fixes = [finding.fix for finding in verdict.findings if finding.rule == rule.code]
    if verdict.proposed is None or None in fixes:
        return
    mended = check(pair.bad.model_copy(update={"procedures": list(verdict.proposed)}))
    assert mended.outcome is Outcome.COMPLIANT


@every_pair
def test_what_is_expected_is_a_sentence_that_quotes_no_code_of_the_example(
    rule: Rule, pair: Pair
) -> None:
    for finding in check(pair.bad).findings:
        if finding.rule == rule.code:
            assert re.fullmatch(r"[A-Z].*\.", finding.expected)
            found = re.escape(finding.found or "nothing")
            assert not re.search(rf"\b{found}\b", finding.expected)


def test_the_template_of_a_rule_is_one_that_the_laws_let_pass() -> None:
    spec = spec_from_file_location("template_rule", TEMPLATE)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    (template,) = (value for value in vars(module).values() if isinstance(value, Rule))
    assert (module.__doc__ or "").startswith(f"{template.code}: ")
    assert 2 <= len(re.findall(r"[.?!](?=\s|$)", template.why)) <= 5
    for pair in template.pairs:
        bad, good = (check(each, [*RULES, template]) for each in (pair.bad, pair.good))
        assert template.code in bad.rules
        assert broken_errors(bad) <= {template.code}
        assert good.findings == ()
