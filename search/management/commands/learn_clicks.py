"""Learn weights of the signals from what visitors clicked, as happens every night."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import events, learning
from search.engine import fusion


class Command(BaseCommand):
    help = (
        "Learn weights of the signals from what visitors clicked; CLICK_WEIGHTS says who gets them."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        events.prune()
        learnt = learning.learn()
        if learnt is None:
            raise CommandError("nothing to learn from: no build is published, or nobody saw a list")
        self.stdout.write(
            f"{learnt.views} views, {learnt.clicks} clicks: {fusion.format_mix(learnt.weights)} "
            f"(without clicks {fusion.format_mix(learnt.before)})"
        )
        if test := learnt.comparison:
            self.stdout.write(
                f"click-through {test['control']:.4f} without, {test['variant']:.4f} with: "
                f"{test['difference']:+.4f} (95 %: {test['low']:+.4f} to {test['high']:+.4f})"
            )
