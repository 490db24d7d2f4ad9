#!/usr/bin/env python3
"""What a person looks for in a failing run stays."""

import unittest

from failures_only import failures_only

BEFORE = ["      Start  1: store\n"]
GOOD = ["[ RUN      ] A.IsWell\n", "noise\n", "[       OK ] A.IsWell (1 ms)\n"]
BAD = ["[ RUN      ] A.IsNot\n", "a.cpp:1: Failure\n", "[  FAILED  ] A.IsNot (1 ms)\n"]
AFTER = ["[  PASSED  ] 1 test.\n", "99% tests passed\n"]


class FailuresOnly(unittest.TestCase):
    def assert_shown(self, lines, shown):
        self.assertEqual(list(failures_only(lines)), shown)

    def test_what_went_well_is_left_out(self):
        self.assert_shown(BEFORE + GOOD + BAD + GOOD + AFTER, BEFORE + BAD + AFTER)

    def test_what_was_cut_off_is_shown(self):
        self.assert_shown(GOOD + ["[ RUN      ] A.Crashes\n", "noise\n"], ["[ RUN      ] A.Crashes\n", "noise\n"])
        crash = ["[ RUN      ] A.Crashes\n", "noise\n", "2/9 Test  #1: store ...***Exception\n"]
        self.assert_shown(crash + BEFORE + GOOD, crash + BEFORE)

    def test_skipped_ones_say_why(self):
        skipped = ["[ RUN      ] A.IsSkipped\n", "no network\n", "[  SKIPPED ] A.IsSkipped (0 ms)\n"]
        self.assert_shown(skipped, skipped)

    def test_rows_of_dots_are_cut(self):
        self.assert_shown(["1/2 Test #1: store .........   Passed\n"], ["1/2 Test #1: store ...   Passed\n"])


if __name__ == "__main__":
    unittest.main()
