#!/usr/bin/env python3
"""The check of links sees what is broken, and only that."""

import unittest

from document_links import faults


class DocumentLinks(unittest.TestCase):
    def test_missing_files_are_named(self):
        there = {"docs/mesh.md", "docs/screenshots/mesh.png", "README.md"}
        text = """[a](mesh.md) [b](mesh.md#moves) ![c](screenshots/mesh.png) [d](../README.md) [e](https://example.org/x) [f](#here)
        `[g](no.md)` <img src="screenshots/mesh.png"> [h](gone.md) <img width="2" src="screenshots/gone.png">
        """
        self.assertEqual(faults("docs", text, there.__contains__), ["gone.md", "screenshots/gone.png"])


if __name__ == "__main__":
    unittest.main()
