// Thompson sampling as compiled loops in C: the laws of loops.py, 16 runs side by side in a vector.
//
// Utilities are given, rewards N(utility, noise_sd^2). Every run leaves the arm and the regret of
// each step, `[run, step]`. The generator is xoshiro128+ (Blackman and Vigna 2021), one a lane;
// normals come by the inverse of their distribution, one polynomial for each octave of the tail.

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 16, DEGREE = 6, OCTAVES = 32 };
static const float NEVER = -1e30f;  // below whatever is drawn

typedef float Reals __attribute__((vector_size(4 * LANES)));
typedef int32_t Whole __attribute__((vector_size(4 * LANES)));
typedef uint32_t Bits __attribute__((vector_size(4 * LANES)));

static const Whole LANE = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// What compilers do not find by themselves: one instruction for all lanes, or a loop over them.
#ifdef __AVX512F__
#include <immintrin.h>

static inline Reals picked(Reals low, Reals high, Whole at) {
    return (Reals)_mm512_permutex2var_ps((__m512)low, (__m512i)at, (__m512)high);
}

static inline Reals gathered(const float *from, Whole at) {
    return (Reals)_mm512_i32gather_ps((__m512i)at, from, 4);
}

static inline void scatter(float *to, Whole at, Reals values) {
    _mm512_i32scatter_ps(to, (__m512i)at, (__m512)values, 4);
}

static inline Reals root(Reals values) { return (Reals)_mm512_sqrt_ps((__m512)values); }
#else
static inline Reals picked(Reals low, Reals high, Whole at) {
    float both[2 * LANES];
    memcpy(both, &low, sizeof low);
    memcpy(both + LANES, &high, sizeof high);
    for (int lane = 0; lane < LANES; lane++) low[lane] = both[at[lane] & (2 * LANES - 1)];
    return low;
}

static inline Reals gathered(const float *from, Whole at) {
    Reals found;
    for (int lane = 0; lane < LANES; lane++) found[lane] = from[at[lane]];
    return found;
}

static inline void scatter(float *to, Whole at, Reals values) {
    for (int lane = 0; lane < LANES; lane++) to[at[lane]] = values[lane];
}

static inline Reals root(Reals values) {
    for (int lane = 0; lane < LANES; lane++) values[lane] = __builtin_sqrtf(values[lane]);
    return values;
}
#endif

typedef struct {
    Bits state[4];
    Reals polynomial[DEGREE + 1][2];  // coefficients by power, then by octave
} Source;

static uint64_t mixed(uint64_t value) {  // splitmix64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

// The numbers of the runs `first`, `first + 1`, ...
static Source started(uint64_t seed, int64_t first, const float *polynomial) {
    Source source;
    for (int lane = 0; lane < LANES; lane++)
        for (int half = 0; half < 2; half++) {
            uint64_t place = 2 * (uint64_t)(first + lane) + half + 1;
            uint64_t word = mixed(mixed(seed) + place * 0x9E3779B97F4A7C15u);
            source.state[2 * half][lane] = (uint32_t)word;
            source.state[2 * half + 1][lane] = (uint32_t)(word >> 32);
        }
    memcpy(source.polynomial, polynomial, sizeof source.polynomial);
    return source;
}

static inline Bits next_words(Source *source) {
    Bits *state = source->state;
    Bits words = state[0] + state[3], moved = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= moved;
    state[3] = (state[3] << 11) | (state[3] >> 21);
    return words;
}

// A word's first bit is the sign. The rest, made odd, over 2^32 is the probability of the tail;
// as a float its exponent picks the polynomial, whose argument is its fraction.
static inline Reals normals(Source *source) {
    Bits words = next_words(source);
    Bits tail = (Bits)__builtin_convertvector((Whole)((words & 0x7FFFFFFFu) | 1u), Reals);
    Whole octave = (Whole)(tail >> 23);
    Reals fraction = (Reals)((tail & 0x007FFFFFu) | 0x3F800000u) - 1.5f;
    const Reals(*by_power)[2] = source->polynomial;
    Reals value = picked(by_power[DEGREE][0], by_power[DEGREE][1], octave);
    for (int power = DEGREE - 1; power >= 0; power--)
        value = value * fraction + picked(by_power[power][0], by_power[power][1], octave);
    return (Reals)((Bits)value ^ (words & 0x80000000u));
}

// For tests: `[call, lane]`.
void draw_normals(int64_t calls, uint64_t seed, const float *polynomial, float *drawn) {
    Source source = started(seed, 0, polynomial);
    for (int64_t call = 0; call < calls; call++) {
        Reals values = normals(&source);
        memcpy(drawn + call * LANES, &values, sizeof values);
    }
}

typedef struct {
    int32_t *arms;
    float *regret;
    int64_t steps, runs, first;  // the first of these 16 runs
    Reals page[2][LANES];        // arms and regret of the last few steps
} Kept;

// Rows become columns: interleaving the upper half with the lower does it in four rounds.
static inline void transpose(Reals square[LANES]) {
    const Whole left = LANE / 2 + LANE % 2 * LANES, right = left + LANES / 2;
    for (int round = 0; round < 4; round++) {
        Reals before[LANES];
        memcpy(before, square, sizeof before);
        for (int row = 0; row < LANES / 2; row++) {
            square[2 * row] = picked(before[row], before[row + LANES / 2], left);
            square[2 * row + 1] = picked(before[row], before[row + LANES / 2], right);
        }
    }
}

static inline void turn_page(Kept *kept, int64_t begin, int64_t count) {
    float *rows[2] = {(float *)kept->arms, kept->regret};
    for (int which = 0; which < 2; which++) {
        transpose(kept->page[which]);
        for (int lane = 0; lane < LANES && kept->first + lane < kept->runs; lane++) {
            float *row = rows[which] + (kept->first + lane) * kept->steps + begin;
            if (count == LANES)  // a size the compiler knows
                memcpy(row, &kept->page[which][lane], sizeof(Reals));
            else
                memcpy(row, &kept->page[which][lane], count * sizeof(float));
        }
    }
}

static inline void keep(Kept *kept, int64_t step, Whole arms, Reals regret) {
    int64_t line = step % LANES, end = step - line + LANES - 1;
    kept->page[0][line] = (Reals)arms;
    kept->page[1][line] = regret;
    __builtin_prefetch(kept->arms + (kept->first + line) * kept->steps + end, 1);
    __builtin_prefetch(kept->regret + (kept->first + line) * kept->steps + end, 1);
    if (step == end || step == kept->steps - 1) turn_page(kept, step - line, line + 1);
}

typedef struct {
    float *mean, *sd;
} Belief;

static Belief room(int64_t vectors) {
    size_t bytes = vectors * sizeof(Reals);
    return (Belief){aligned_alloc(sizeof(Reals), bytes), aligned_alloc(sizeof(Reals), bytes)};
}

static void release(Belief belief) {
    free(belief.mean);
    free(belief.sd);
}

static void fill(Belief belief, int64_t from, int64_t to, float mean, float sd) {
    for (int64_t one = from; one < to; one++) belief.mean[one] = mean, belief.sd[one] = sd;
}

typedef struct {
    Reals moved, lost;  // by how much the mean went up and the variance down
} Lesson;

static inline Lesson learn(Belief belief, Whole at, Reals reward, float noise_var) {
    Reals mean = gathered(belief.mean, at), sd = gathered(belief.sd, at), var = sd * sd;
    Reals gain = var / (var + noise_var), moved = gain * (reward - mean);
    scatter(belief.mean, at, mean + moved);
    scatter(belief.sd, at, root(gain * noise_var));
    return (Lesson){moved, gain * var};
}

typedef struct {
    Reals value;
    Whole place;
} Largest;

static inline Largest nothing(void) { return (Largest){(Reals){0} + NEVER, (Whole){0}}; }

static inline Largest larger(Largest known, Reals value, Whole place) {
    Whole above = value > known.value;
    Whole values = (above & (Whole)value) | (~above & (Whole)known.value);
    return (Largest){(Reals)values, (above & place) | (~above & known.place)};
}

// Of draws from a belief whose 16 runs are neighbours.
static inline Largest largest_drawn(Source *source, Belief belief, int count) {
    const Reals *mean = (Reals *)belief.mean, *sd = (Reals *)belief.sd;
    Largest known = nothing();
    for (int one = 0; one < count; one++)
        known = larger(known, mean[one] + sd[one] * normals(source), (Whole){0} + one);
    return known;
}

static float largest_of(const float *values, int64_t count) {
    float largest = values[0];
    for (int64_t one = 1; one < count; one++)
        if (values[one] > largest) largest = values[one];
    return largest;
}

// Independent arms with prior N(0, prior_sd^2).
void flat(const float *utility, int count, int64_t steps, int64_t runs, float prior_sd,
          float noise_sd, uint64_t seed, const float *polynomial, int32_t *arms, float *regret) {
    float best = largest_of(utility, count);
    Belief belief = room(count);
    for (int64_t first = 0; first < runs; first += LANES) {
        Source source = started(seed, first, polynomial);
        Kept kept = {arms, regret, steps, runs, first, {{{0}}}};
        fill(belief, 0, (int64_t)count * LANES, 0, prior_sd);
        for (int64_t step = 0; step < steps; step++) {
            Whole chosen = largest_drawn(&source, belief, count).place;
            Reals worth = gathered(utility, chosen), reward = worth + noise_sd * normals(&source);
            learn(belief, chosen * LANES + LANE, reward, noise_sd * noise_sd);
            keep(&kept, step, chosen, best - worth);
        }
    }
    release(belief);
}

// Given its group's mean m an arm is N(mean + sd^2 / arm_var * m, sd^2). With few slots an arm's 16
// runs are neighbours; with many, the slots of a run's group, padded to whole vectors.
typedef struct {
    Belief given;
    int groups, slots, wide, padded;
} Arms;

static Arms new_arms(int groups, int slots) {
    int wide = slots >= LANES, padded = wide ? (slots + LANES - 1) / LANES * LANES : slots;
    return (Arms){room((int64_t)groups * padded), groups, slots, wide, padded};
}

static void forget(const Arms *arms, float arm_sd) {
    int64_t rows = (int64_t)arms->groups * LANES, padded = arms->padded;
    fill(arms->given, 0, rows * padded, 0, arm_sd);
    if (arms->wide)
        for (int64_t row = 0; row < rows; row++)
            fill(arms->given, row * padded + arms->slots, (row + 1) * padded, NEVER, 0);
}

static inline Whole place_of(const Arms *arms, Whole group, Whole slot) {
    if (arms->wide) return (LANE * arms->groups + group) * arms->padded + slot;
    return (group * arms->slots + slot) * LANES + LANE;
}

// The slot of the largest draw in each run's group, whose drawn mean over arm_var is `above`.
static inline Whole slots_of_all(Source *source, const Arms *arms, Whole group, Reals above) {
    Largest known = nothing();
    for (int one = 0; one < arms->slots; one++) {
        Whole slot = (Whole){0} + one, at = place_of(arms, group, slot);
        Reals mean = gathered(arms->given.mean, at), sd = gathered(arms->given.sd, at);
        known = larger(known, mean + sd * (sd * above + normals(source)), slot);
    }
    return known.place;
}

// The same, run after run: 16 slots at a time.
static inline Whole slots_by_run(Source *source, const Arms *arms, Whole group, Reals above) {
    Whole begin = place_of(arms, group, (Whole){0});
    Reals values[LANES], slots[LANES];
    for (int run = 0; run < LANES; run++) {
        const Reals *mean = (Reals *)(arms->given.mean + begin[run]);
        const Reals *sd = (Reals *)(arms->given.sd + begin[run]);
        Largest known = nothing();
        for (int one = 0; one < arms->padded / LANES; one++) {
            Reals drawn = mean[one] + sd[one] * (sd[one] * above[run] + normals(source));
            known = larger(known, drawn, LANE + one * LANES);
        }
        values[run] = known.value;
        slots[run] = (Reals)known.place;
    }
    transpose(values);
    transpose(slots);
    Largest known = nothing();
    for (int one = 0; one < LANES; one++) known = larger(known, values[one], (Whole)slots[one]);
    return known.place;
}

// What a lesson about an arm says of its group.
static inline void pass_on(Belief belief, Whole at, Lesson lesson, float arm_var) {
    Reals mean = gathered(belief.mean, at), sd = gathered(belief.sd, at);
    Reals precision = lesson.lost / (arm_var * arm_var);
    Reals var = sd * sd / (1 + precision * sd * sd);
    scatter(belief.mean, at, mean + var * (lesson.moved / arm_var - precision * mean));
    scatter(belief.sd, at, root(var));
}

// Groups N(0, group_sd^2), arms around them, `utility` `[group, slot]`: group first, then arm.
// The group's posterior is the exact one; only what a pull changes is computed anew.
void two_level(const float *utility, int groups, int slots, int64_t steps, int64_t runs,
               float group_sd, float arm_sd, float noise_sd, uint64_t seed,
               const float *polynomial, int32_t *arms, float *regret) {
    float best = largest_of(utility, (int64_t)groups * slots), arm_var = arm_sd * arm_sd;
    Belief belief = room(groups);
    Arms known = new_arms(groups, slots);
    for (int64_t first = 0; first < runs; first += LANES) {
        Source source = started(seed, first, polynomial);
        Kept kept = {arms, regret, steps, runs, first, {{{0}}}};
        fill(belief, 0, (int64_t)groups * LANES, 0, group_sd);
        forget(&known, arm_sd);
        for (int64_t step = 0; step < steps; step++) {
            Largest drawn = largest_drawn(&source, belief, groups);
            Whole group = drawn.place;
            Reals above = drawn.value / arm_var;
            Whole slot = known.wide ? slots_by_run(&source, &known, group, above)
                                    : slots_of_all(&source, &known, group, above);
            Whole chosen = group * slots + slot;
            Reals worth = gathered(utility, chosen), reward = worth + noise_sd * normals(&source);
            Whole at = place_of(&known, group, slot);
            Lesson lesson = learn(known.given, at, reward, noise_sd * noise_sd);
            pass_on(belief, group * LANES + LANE, lesson, arm_var);
            keep(&kept, step, chosen, best - worth);
        }
    }
    release(belief);
    release(known.given);
}
