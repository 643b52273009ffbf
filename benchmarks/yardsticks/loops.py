"""Thompson sampling as compiled loops in Numba: one run after another, nothing vectorised by hand.

Utilities are given, rewards N(utility, noise_sd^2). Every run leaves the arm and the regret of each
step. The generator is xoshiro256+ (Blackman and Vigna 2021), normals come by a ziggurat of 256
layers (Marsaglia and Tsang 2000).
"""

import math

import numba
import numpy as np

_LAYERS, _LAST, _AREA = 256, 3.6541528853610088, 0.00492867323399


def _layers() -> tuple[np.ndarray, np.ndarray]:
    """Right ends of the layers, from the lowest to the top, and the density there."""
    ends = np.zeros(_LAYERS + 1)
    ends[0], ends[1] = _AREA / math.exp(-_LAST * _LAST / 2), _LAST
    for layer in range(2, _LAYERS):
        below = math.exp(-(ends[layer - 1] ** 2) / 2)
        ends[layer] = math.sqrt(-2 * math.log(_AREA / ends[layer - 1] + below))
    return ends, np.exp(-ends * ends / 2)


_ENDS, _DENSITY = _layers()
_RATIO = _ENDS[1:] / _ENDS[:-1]


@numba.njit(inline="always")
def _word(state):
    """The next 64 bits."""
    drawn = state[0] + state[3]
    moved = state[1] << np.uint64(17)
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= moved
    state[3] = (state[3] << np.uint64(45)) | (state[3] >> np.uint64(19))
    return drawn


@numba.njit(inline="always")
def _uniform(state):
    return float(_word(state) >> np.uint64(11)) * 2.0**-53


@numba.njit(inline="always")
def _normal(state):
    while True:
        word = _word(state)
        layer = np.int64((word >> np.uint64(3)) & np.uint64(255))
        signed = 2 * float(word >> np.uint64(11)) * 2.0**-53 - 1
        if abs(signed) < _RATIO[layer]:
            return signed * _ENDS[layer]
        if layer == 0:
            while True:
                beyond = -math.log(1 - _uniform(state)) / _LAST
                if -2 * math.log(1 - _uniform(state)) > beyond * beyond:
                    return _LAST + beyond if signed > 0 else -_LAST - beyond
        value = signed * _ENDS[layer]
        high, low = _DENSITY[layer + 1], _DENSITY[layer]
        if low + _uniform(state) * (high - low) < math.exp(-value * value / 2):
            return value


@numba.njit(inline="always")
def _started(seed):
    """A generator of that seed, by splitmix64."""
    state = np.empty(4, np.uint64)
    mixed = np.uint64(seed)
    for word in range(4):
        mixed += np.uint64(0x9E3779B97F4A7C15)
        value = mixed
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state[word] = value ^ (value >> np.uint64(31))
    return state


@numba.njit(parallel=True, fastmath=True)
def flat(utility, steps, runs, prior_sd, noise_sd, arms, regret):
    """Independent arms with prior N(0, prior_sd^2); fills `arms` and `regret`, `[run, step]`."""
    count_arms, best = utility.size, utility.max()
    prior, noise = 1 / prior_sd**2, 1 / noise_sd**2
    for run in numba.prange(runs):
        state = _started(run)
        precision = np.full(count_arms, prior)
        total, mean = np.zeros(count_arms), np.zeros(count_arms)
        sd = np.full(count_arms, prior_sd)
        for step in range(steps):
            largest, chosen = -1e300, 0
            for arm in range(count_arms):
                drawn = mean[arm] + sd[arm] * _normal(state)
                if drawn > largest:
                    largest, chosen = drawn, arm
            precision[chosen] += noise
            total[chosen] += noise * (utility[chosen] + noise_sd * _normal(state))
            mean[chosen] = total[chosen] / precision[chosen]
            sd[chosen] = math.sqrt(1 / precision[chosen])
            arms[run, step], regret[run, step] = chosen, best - utility[chosen]


@numba.njit(inline="always")
def _learn(at, reward, arm_var, noise_var, precision, value, count, total, slope, offset, own_sd):
    """Adds a reward to what is known of the arm `at` and of its group."""
    group = at[0]
    spread = noise_var + count[at] * arm_var
    precision[group] -= count[at] / spread
    value[group] -= total[at] / spread
    count[at] += 1
    total[at] += reward
    spread += arm_var
    precision[group] += count[at] / spread
    value[group] += total[at] / spread
    slope[at] = noise_var / spread
    offset[at] = arm_var * total[at] / spread
    own_sd[at] = math.sqrt(slope[at] * arm_var)


@numba.njit(parallel=True, fastmath=True)
def two_level(utility, steps, runs, group_sd, arm_sd, noise_sd, arms, regret):
    """Groups N(0, group_sd^2), arms around them, `utility` `[group, slot]`: group first, then arm.

    The group's posterior is the exact one; only what a pull changes is computed anew.
    """
    groups, slots = utility.shape
    best, arm_var, noise_var = utility.max(), arm_sd**2, noise_sd**2
    for run in numba.prange(runs):
        state = _started(run)
        precision, value = np.full(groups, 1 / group_sd**2), np.zeros(groups)
        mean, sd = np.zeros(groups), np.full(groups, group_sd)
        count = np.zeros((groups, slots), np.float32)
        total = np.zeros((groups, slots), np.float32)
        slope = np.ones((groups, slots), np.float32)
        offset = np.zeros((groups, slots), np.float32)
        own_sd = np.full((groups, slots), arm_sd, np.float32)
        for step in range(steps):
            largest, group = -1e300, 0
            for one in range(groups):
                drawn = mean[one] + sd[one] * _normal(state)
                if drawn > largest:
                    largest, group = drawn, one
            above, largest, slot = largest, -1e300, 0
            for one in range(slots):
                drawn = slope[group, one] * above + offset[group, one]
                drawn += own_sd[group, one] * _normal(state)
                if drawn > largest:
                    largest, slot = drawn, one
            reward = utility[group, slot] + noise_sd * _normal(state)
            at = group, slot
            _learn(
                at,
                reward,
                arm_var,
                noise_var,
                precision,
                value,
                count,
                total,
                slope,
                offset,
                own_sd,
            )
            mean[group] = value[group] / precision[group]
            sd[group] = math.sqrt(1 / precision[group])
            arms[run, step] = group * slots + slot
            regret[run, step] = best - utility[group, slot]


@numba.njit(parallel=True, fastmath=True)
def joint(utility, steps, runs, group_sd, arm_sd, noise_sd, arms, regret):
    """The same pool and posterior; every step draws all groups and all arms."""
    groups, slots = utility.shape
    best, arm_var, noise_var = utility.max(), arm_sd**2, noise_sd**2
    for run in numba.prange(runs):
        state = _started(run)
        precision, value = np.full(groups, 1 / group_sd**2), np.zeros(groups)
        count = np.zeros((groups, slots), np.float32)
        total = np.zeros((groups, slots), np.float32)
        slope = np.ones((groups, slots), np.float32)
        offset = np.zeros((groups, slots), np.float32)
        own_sd = np.full((groups, slots), arm_sd, np.float32)
        for step in range(steps):
            largest, group, slot = -1e300, 0, 0
            for one in range(groups):
                above = value[one] / precision[one] + _normal(state) / math.sqrt(precision[one])
                for other in range(slots):
                    drawn = slope[one, other] * above + offset[one, other]
                    drawn += own_sd[one, other] * _normal(state)
                    if drawn > largest:
                        largest, group, slot = drawn, one, other
            reward = utility[group, slot] + noise_sd * _normal(state)
            at = group, slot
            _learn(
                at,
                reward,
                arm_var,
                noise_var,
                precision,
                value,
                count,
                total,
                slope,
                offset,
                own_sd,
            )
            arms[run, step] = group * slots + slot
            regret[run, step] = best - utility[group, slot]
