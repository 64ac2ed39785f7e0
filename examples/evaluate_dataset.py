"""A dataset in a JSON Lines file, evaluated by every configuration of a classifier, and resumed where it stopped.

Each review is one more axis of the sweep, so a run is a stream of (classifier, review) pairs of which each is kept in a
journal as soon as it is done: the evaluation can be killed at any moment, and more classifiers or more reviews can
be added later, without a pair being asked twice. (With a paid model behind `judge`, that is money.)
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from itertools import islice
from pathlib import Path

import attrs

from spearmint_fp import DynamicValue, Journal, expand, inject, label, product, run, successes

GOOD = {"joy", "good", "liked", "like", "loved", "lovely", "fun", "clever", "best", "fine", "fast"}
BAD = {"dull", "slow", "waste", "bad", "hated", "hate", "awful", "boring", "worst", "long"}
NOT = {"not", "never", "no", "nothing", "hardly"}


@attrs.frozen
class Classifier:
    """Counts good and bad words; `reach` is how many words after a "not" mean the opposite."""

    reach: int
    unsure: bool  # what it says where the words are even


@attrs.frozen
class Review:
    """One line of the file."""

    text: str
    good: bool


@attrs.frozen
class Task:
    """One classifier on one review."""

    classifier: Classifier
    review: Review


def judge(task: Task) -> bool:
    """True if the classifier is right about the review."""
    score, turned = 0, 0
    for word in task.review.text.lower().replace(",", " ").replace(".", " ").split():
        value = (word in GOOD) - (word in BAD)
        score += -value if turned else value
        turned = task.classifier.reach if word in NOT else max(0, turned - 1)
    said = score > 0 or (score == 0 and task.classifier.unsure)
    return said == task.review.good


def main() -> None:
    """Evaluate a part, be stopped, go on, and rank the classifiers."""
    lines = Path(__file__).with_name("reviews.jsonl").read_text(encoding="utf-8").splitlines()
    classifiers = expand({"classifier": {"reach": DynamicValue([0, 1, 2, 3]), "unsure": DynamicValue([False, True])}})
    reviews = expand({"review": DynamicValue([json.loads(line) for line in lines])})
    tasks = product(classifiers, reviews)
    print(f"{classifiers.size} classifiers x {reviews.size} reviews = {tasks.size} tasks")

    path = Path(tempfile.mkdtemp(), "evaluation.db")
    with Journal(path) as journal:
        stopped = list(islice(run(inject(judge), tasks, journal=journal), 70))
        print(f"stopped after {len(stopped)} tasks")

    right: dict[str, list[bool]] = defaultdict(list)
    replayed = 0
    with Journal(path) as journal:
        print(journal.status(tasks, judge))
        for outcome in successes(run(inject(judge), tasks, journal=journal)):
            replayed += outcome.replayed
            right[label(classifiers[outcome.index // reviews.size], classifiers)].append(outcome.result)
    print(f"{replayed} tasks were replayed, {tasks.size - replayed} were run")
    for name, answers in sorted(right.items(), key=lambda item: -sum(item[1])):
        print(f"{sum(answers) / len(answers):.0%}  {name}")


if __name__ == "__main__":
    main()
