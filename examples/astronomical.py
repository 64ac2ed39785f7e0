"""10^30 configurations, used as if they were few: sized, constrained, sampled, sharded, shuffled, indexed."""

from spearmint_fp import DynamicValue, constrain, expand, sample, shard, shuffled

space = expand({f"axis{number:02}": DynamicValue(range(10)) for number in range(30)})
ordered = constrain(lambda low, high: low < high, space, on=("axis03", "axis27"))

if __name__ == "__main__":
    print(f"{space.size:.0e} configurations, {ordered.size:.2e} with axis03 < axis27")
    middle = ordered[ordered.size // 2]
    print(f"the middle one has axis03={middle.axis03}, axis27={middle.axis27}, and is at {ordered.index(middle):.3e}")
    drawn = sample(1000, ordered, seed=7)
    print(f"{len(set(drawn))} different samples; the first three of ten are the first three of a thousand:")
    print(list(sample(10, ordered, seed=7)[:3]) == list(drawn[:3]))
    mine = shard(2, 8, shuffled(ordered))
    print(f"shard 2 of 8, shuffled: {mine.size:.2e} configurations, the last one is {mine.index(mine[-1]) + 1:.2e}th")
