from collections import Counter

from gradcheck.vocabulary import Verdict
from tests.power.verdicts import judgements


def test_right_rules_on_the_corpus_pass_and_few_are_undecided():
    counts = Counter(judgement.verdict for _, judgement in judgements(77))
    assert set(counts) <= {Verdict.PASS, Verdict.INCONCLUSIVE}
    assert counts[Verdict.INCONCLUSIVE] <= 0.03 * counts.total()
