"""Episodes written as delimited text, in every layout that is read."""

import csv
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from typing import Any

Episode = dict[str, Any]
Rows = list[list[str]]

SLOTS = 12


def written(rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """Return rows as text, with quotation marks where they are needed."""
    text = StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    return text.getvalue()


def codes(episode: Episode, name: str) -> list[tuple[str, str]]:
    """Return codes with their dates."""
    return [
        (each, "") if isinstance(each, str) else (each["code"], each.get("date", ""))
        for each in episode[name]
    ]


def padded(values: Iterable[str], empty: str = "") -> list[str]:
    return [*values, *[empty] * SLOTS][:SLOTS]


def hes(episodes: Iterable[Episode], operation: str = "OPERTN", diagnosis: str = "DIAG") -> Rows:
    """Write as Hospital Episode Statistics has them: no dots, and a date where there is none."""
    numbers = [f"{number:02}" for number in range(1, SLOTS + 1)]
    header = ["EPIKEY", "SEX", "PROCODE3", "EPISTART", "EPIEND"]
    header += [f"{diagnosis}_{number}" for number in numbers]
    header += [f"{operation}_{number}" for number in numbers]
    header += [f"OPDATE_{number}" for number in numbers]
    rows = [header]
    for each in episodes:
        procedures = codes(each, "procedures")
        rows.append(
            [
                *(each["episode_id"], "2", each["provider_code"]),
                *(each["start_date"], each["end_date"]),
                *padded(code.replace(".", "") for code, _ in codes(each, "diagnoses")),
                *padded((code.replace(".", "") for code, _ in procedures), "-"),
                *padded((date for _, date in procedures), "1801-01-01"),
            ]
        )
    return rows


def hes_concatenated(episodes: Iterable[Episode]) -> Rows:
    rows = [["FYEAR", "EPIKEY", "PROCODET", "DIAG_4_CONCAT", "OPERTN_4_01", "OPERTN_4_CONCAT"]]
    for each in episodes:
        operations = [code for code, _ in codes(each, "procedures")] or ["-"]
        diagnoses = ",".join(code for code, _ in codes(each, "diagnoses"))
        rows.append(
            [
                *("2526", each["episode_id"], each["provider_code"], diagnoses),
                *(operations[0], ",".join(operations)),
            ]
        )
    return rows


def sus(episodes: Iterable[Episode]) -> Rows:
    """Write as SQL exports of SUS have them: several codes in a column."""
    rows = [["APCE_Ident", "APCS_Ident", "Der_Provider_Code", "Episode_Start_Date"]]
    rows[0] += ["Der_Diagnosis_All", "Der_Procedure_All"]
    for each in episodes:
        joined = [
            "||" + ",".join(code.replace(".", "") for code, _ in codes(each, name))
            if each[name]
            else "NULL"
            for name in ("diagnoses", "procedures")
        ]
        start = each["start_date"] + " 00:00:00.000"
        rows.append([each["episode_id"], "9" * 12, each["provider_code"] + "00", start, *joined])
    return rows


def native(episodes: Iterable[Episode]) -> Rows:
    rows = [["episode_id", "provider_code", "procedures", "diagnoses", "start_date"]]
    for each in episodes:
        joined = [
            ";".join(code for code, _ in codes(each, name)) for name in ("procedures", "diagnoses")
        ]
        rows.append([each["episode_id"], each["provider_code"], *joined, each["start_date"]])
    return rows


def code_rows(episodes: Iterable[Episode]) -> Rows:
    """Write one code a line, the last one first."""
    rows = [["episode_id", "PROCODE5", "CODE_TYPE", "position", "code", "date", "EPISTART"]]
    for each in episodes:
        found = [
            [kind, str(number), code, date]
            for kind, name in (("OPCS-4", "procedures"), ("icd10", "diagnoses"))
            for number, (code, date) in enumerate(codes(each, name), 1)
        ]
        identity = [each["episode_id"], each["provider_code"] + "00"]
        in_reverse = reversed(found or [["OPCS-4", "", "", ""]])
        rows += [[*identity, *code, each["start_date"]] for code in in_reverse]
    return rows


LAYOUTS: dict[str, Callable[[Iterable[Episode]], Rows]] = {
    "hes": hes,
    "hes-4": lambda episodes: hes(episodes, "OPERTN_4", "DIAG"),
    "hes-concatenated": hes_concatenated,
    "sus": sus,
    "native": native,
    "one-code-a-line": code_rows,
}
