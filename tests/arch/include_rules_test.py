#!/usr/bin/env python3
"""The rules refuse what they must and allow what the tree does."""

import unittest

from include_rules import faults_of


def messages(path, *lines):
    header = ["#pragma once"] if path.endswith(".h") else []
    return [message for _, message in faults_of(path, "\n".join(header + list(lines)))]


class IncludeRules(unittest.TestCase):
    def assert_refused(self, path, line):
        self.assertEqual(len(messages(path, line)), 1, f"{path}: {line}")

    def assert_allowed(self, path, line):
        self.assertEqual(messages(path, line), [], f"{path}: {line}")

    def test_arrows_point_one_way(self):
        self.assert_allowed("plugins/sdk/x.cpp", '#include "common/result.h"')
        self.assert_refused("common/x.cpp", '#include "plugins/sdk/connector.h"')
        self.assert_refused("nodeservice/postgres/x.cpp", '#include "nodeservice/query/x.h"')
        self.assert_refused("nodeservice/client/x.cpp", '#include "nodeservice/postgres/cluster.h"')
        self.assert_refused("app/core/x.cpp", '#include "nodeservice/postgres/cluster.h"')
        self.assert_allowed("app/core/x.cpp", '#include "nodeservice/client/types.h"')
        self.assert_refused("app/core/x.cpp", '#include "app/workbench/x.h"')
        self.assert_allowed("app/core/x.cpp", '#include "nodeservice/endpoints/definition/read.h"')
        self.assert_refused("app/core/x.cpp", '#include "nodeservice/endpoints/service/endpoints.h"')

    def test_connectors_do_not_know_each_other(self):
        self.assert_allowed("plugins/memory/x.cpp", '#include "plugins/sdk/connector.h"')
        self.assert_refused("plugins/memory/x.cpp", '#include "plugins/sqlite/x.h"')
        self.assert_allowed("plugins/node/x.cpp", '#include "plugins/postgres/session.h"')
        self.assert_refused("plugins/postgres/x.cpp", '#include "plugins/node/x.h"')
        self.assert_refused("plugins/memory/x.cpp", '#include "nodeservice/postgres/cluster.h"')

    def test_library_headers_stay_where_they_belong(self):
        self.assert_allowed("fdw/pg/scan.c", '#include "postgres.h"')
        self.assert_refused("fdw/core/scan.cpp", '#include "postgres.h"')
        self.assert_allowed("nodeservice/server/x.cpp", '#include "nodeservice/proto/query.pb.h"')
        self.assert_refused("nodeservice/server/x.h", '#include "nodeservice/proto/query.pb.h"')
        self.assert_refused("app/core/x.cpp", '#include "nodeservice/proto/query.grpc.pb.h"')
        self.assert_refused("fdw/core/x.cpp", "#include <grpcpp/channel.h>")
        self.assert_refused("app/core/x.cpp", "#include <Qsci/qsciscintilla.h>")
        self.assert_refused("common/x.cpp", "#include <QString>")
        self.assert_allowed("app/core/x.cpp", "#include <QString>")

    def test_only_tests_use_test_support(self):
        self.assert_allowed("common/process_test.cpp", '#include "tests/support/wait_until.h"')
        self.assert_refused("common/process.cpp", '#include "tests/support/wait_until.h"')

    def test_shape_of_files(self):
        self.assertEqual(len(messages("common/x.cpp", *["int a;"] * 701)), 1)
        self.assertEqual(messages("common/x.cpp", *["int a;"] * 700), [])
        self.assertEqual(len(faults_of("common/x.h", "int a;")), 1)
        self.assert_refused("common/x.cpp", "using namespace std;")
        self.assert_refused("common/x.cpp", '#include "common/missing.h"')
        self.assert_refused("common/process.cpp", '#include "process.h"')


if __name__ == "__main__":
    unittest.main()
