"""The run that is shown ends as most runs do."""

import numpy as np

from dashjax.simulate.typical import Courses

END = np.array([3, 40, 20, 21, 21, 90, 22])
RIGHT = np.array([True, True, False, True, True, True, True])
SELECTION = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [1, 0], [1, 0], [1, 0]])
ARMS = np.repeat(np.arange(7)[:, None], 4, 1)  # each run pulls the arm of its own number


def shown(end=END, right=RIGHT, selection=SELECTION, parts=1):
    courses, numbers = Courses(), np.array_split(np.arange(len(end)), parts)
    for part in numbers:
        course = ARMS[part], ARMS[part] * 0.5
        courses.add(course, end[part], right[part], selection[part])
    return courses.typical(end, right, selection)


def test_it_ends_near_the_median_and_selects_what_most_select():
    course = shown()

    assert course.end == 21
    np.testing.assert_array_equal(course.arm, [4] * 4)
    np.testing.assert_array_equal(course.reward, [2.0] * 4)


def test_it_is_wrong_where_most_are():
    assert shown(right=np.arange(7) == 4).arm[0] == 2


def test_a_run_far_from_the_median_is_not_shown_for_its_selection():
    alone = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [1, 0], [0, 1]])

    assert shown(selection=alone).end == 21


def test_it_does_not_depend_on_how_runs_are_split():
    for parts in (2, 3, 7):
        np.testing.assert_array_equal(shown(parts=parts).arm, shown().arm)


def test_there_is_none_where_none_was_kept():
    assert Courses().typical(END, RIGHT, SELECTION) is None
