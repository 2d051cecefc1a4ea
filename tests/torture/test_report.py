"""The page of the torture keeps the parts that were not run again."""

from torture.report import Outcome, page


def outcome(name: str, seed: int) -> Outcome:
    made = Outcome(name, seed)
    made.count(pushes=1200)
    return made


def test_a_part_is_replaced_by_its_next_run() -> None:
    both = page("", ["a machine"], [outcome("power cuts", 1), outcome("soak", 2)])
    assert both.count("## ") == 2
    broken = outcome("soak", 3)
    broken.faults("end", ["it grows"])
    text = page(both, ["another machine"], [broken])
    cuts, soak = text.split("\n## ")[1:]
    assert cuts == "Power cuts\n\n- a machine\n\nSeed 1: 1,200 pushes.\n\nFaults: none.\n"
    assert "- another machine" in soak
    assert "Seed 3" in soak
    assert soak.endswith("Faults: 1.\n\n- end: it grows\n")
