/// What a statement is run with means the same whatever the session's settings for dates, intervals, time zones and
/// digits are.

#include "tests/correctness/mesh.h"

#include <gtest/gtest.h>

namespace tessera::correctness {
namespace {

class Settings : public testing::TestWithParam<const char*> {};

struct Bound {
    std::string condition;  // about $t
    std::string type;
    std::vector<std::string> values;
    bool every_source = true;  // else only PostgreSQL has the type
};

const std::vector<Bound>& bounds() {
    static const std::vector<Bound> kBounds = {
        {"d >= $1 FROM $t", "date", {"'2000-01-02'", "'1999-12-31'"}},
        {"ts < $1 FROM $t", "timestamp", {"'2024-02-29 23:59:59'", "'2000-01-01'"}},
        {"d = ANY ($1) FROM $t", "date[]", {"'{2024-02-29,1970-01-01}'", "'{}'"}},
        {"ts = ANY ($1) FROM $t", "timestamp[]", {"'{2024-02-29 23:59:59,1999-12-31 12:34:56}'"}},
        {"f8 = ANY ($1) FROM $t", "float8[]", {"'{0.1,123456.789,1e+20}'"}},
        {"date_a = ANY ($1) FROM $v", "date[]", {"'{2024-02-29,2021-01-03,infinity}'"}, false},
        {"timestamptz_a > $1 FROM $v", "timestamptz", {"'2000-01-01 00:00:00+00'"}, false},
        {"timestamptz_a = ANY ($1) FROM $v",
         "timestamptz[]",
         {"'{2024-02-29 23:59:59+00,1970-01-01 00:00:00+00}'"},
         false},
        {"interval_a > $1 FROM $v", "interval", {"'-1 days +02:03:04'", "'1 year -2 days'"}, false},
        {"interval_a = ANY ($1) FROM $v", "interval[]", {"'{1 day,-1 days +02:03:04,1 year 2 mons -3 days}'"}, false},
        {"timestamp_a + $1 < timestamp_b FROM $v", "interval", {"'-1 days +02:03:04'", "'-1 year 2 days'"}, false},
    };
    return kBounds;
}

TEST_P(Settings, ChangeNoValue) {
    auto mesh = Mesh::start(GetParam());
    ASSERT_TRUE(mesh) << mesh.error().describe();
    const bool is_postgres = GetParam() == std::string("postgres");
    ASSERT_TRUE(mesh->execute("SET plan_cache_mode = force_generic_plan"));
    for (const char* settings :
         {"datestyle = 'SQL, DMY'; SET intervalstyle = 'sql_standard'; SET timezone = 'Asia/Tokyo'; "
          "SET extra_float_digits = -15",
          "datestyle = 'German'; SET intervalstyle = 'iso_8601'; SET timezone = 'America/New_York'",
          "datestyle = 'Postgres, MDY'; SET intervalstyle = 'postgres_verbose'; SET timezone = 'UTC'"}) {
        ASSERT_TRUE(mesh->execute(std::string("SET ") + settings));
        for (const Bound& bound : bounds()) {
            if (!is_postgres && !bound.every_source) {
                continue;
            }
            const std::size_t from = bound.condition.find(" FROM ");
            const std::string select = "SELECT id" + bound.condition.substr(from) + " WHERE ";
            for (const char* schema : {"src", "copy"}) {
                ASSERT_TRUE(mesh->execute("PREPARE " + std::string(schema) + "_find(" + bound.type + ") AS " +
                                          Mesh::inSchema(select + bound.condition.substr(0, from), schema)));
            }
            if (is_postgres) {
                EXPECT_NE(mesh->plan("EXECUTE src_find(" + bound.values[0] + ")").find("$1::"), std::string::npos)
                    << bound.condition;
            }
            for (const std::string& value : bound.values) {
                const Outcome expected = mesh->run("EXECUTE copy_find(" + value + ")");
                const Outcome actual = mesh->run("EXECUTE src_find(" + value + ")");
                EXPECT_EQ(actual, expected) << settings << "\n"
                                            << bound.condition << " " << value << " " << difference(actual, expected);
                // As a constant in the statement.
                std::string constant = select + bound.condition.substr(0, from);
                constant.replace(constant.find("$1"), 2, value + "::" + bound.type);
                EXPECT_EQ(mesh->run(Mesh::inSchema(constant, "src")), mesh->run(Mesh::inSchema(constant, "copy")))
                    << settings << "\n"
                    << constant;
            }
            ASSERT_TRUE(mesh->execute("DEALLOCATE ALL"));
        }
        // As keys of a bind join.
        const std::string join =
            "SELECT x.id, y.id FROM copy.u x JOIN $t y ON y.ts = x.ts OR false JOIN $t z ON z.d = x.d WHERE x.id < 9";
        EXPECT_EQ(mesh->run(Mesh::inSchema(join, "src")), mesh->run(Mesh::inSchema(join, "copy"))) << settings;
    }
}

/// Many rows travel in another way than few; these have every type's extremes.
TEST_P(Settings, RowsAreTheSameHoweverTheyTravel) {
    auto mesh = Mesh::start(GetParam());
    ASSERT_TRUE(mesh) << mesh.error().describe();
    for (const auto& [table, rows] : mesh->source().tables()) {
        const std::string sql = "SELECT * FROM $" + table;
        const Outcome expected = mesh->run(Mesh::inSchema(sql, "copy"));
        for (const char* many : {"on", "off"}) {
            ASSERT_TRUE(mesh->execute("SET tessera.expect_many_rows = " + std::string(many)));
            const Outcome actual = mesh->run(Mesh::inSchema(sql, "src"));
            EXPECT_EQ(actual, expected) << table << ", " << many << "\n" << difference(actual, expected);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Dialects, Settings, testing::Values("postgres", "mysql", "sqlite", "duckdb"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace tessera::correctness
