#include "nodeservice/jobs/definition/read.h"

namespace tessera::jobs {

namespace {

using config::Property;
using config::PropertyType;
using config::required;
using config::sections;

template <std::size_t count>
std::vector<std::string> choicesOf(const std::array<const char*, count>& names) {
    return {names.begin(), names.end()};
}

Property text(std::string name, std::string doc, std::string example = {}) {
    return {.name = std::move(name), .type = PropertyType::kText, .doc = std::move(doc), .example = std::move(example)};
}

Property list(std::string name, std::string doc) {
    return {.name = std::move(name), .type = PropertyType::kTextList, .doc = std::move(doc)};
}

Property map(std::string name, std::string doc) {
    return {.name = std::move(name), .type = PropertyType::kTextMap, .doc = std::move(doc)};
}

Property section(std::string name, std::string doc, std::vector<Property> children) {
    return {.name = std::move(name),
            .type = PropertyType::kSection,
            .doc = std::move(doc),
            .children = std::move(children)};
}

Property oneOf(std::string name, std::string doc, std::vector<std::string> choices, std::string default_value = {}) {
    Property made = text(std::move(name), std::move(doc));
    made.choices = std::move(choices);
    if (!default_value.empty()) {
        made.default_value = std::move(default_value);
    }
    return made;
}

Property retries() {
    return section("retries", "What is tried again when it fails.",
                   {{.name = "count",
                     .type = PropertyType::kInteger,
                     .doc = "How often, after the first attempt.",
                     .default_value = "0",
                     .least = 0,
                     .most = 20},
                    text("wait", "Before the first of them; 30s by default.", "30s"),
                    {.name = "factor",
                     .type = PropertyType::kInteger,
                     .doc = "Each wait is so many times the one before.",
                     .default_value = "2",
                     .least = 1,
                     .most = 10},
                    text("longest_wait", "No wait is longer; 1h by default.", "1h")});
}

Property parameters() {
    return sections(
        "parameters", "Values that a run is given. Texts hold them as `${name}`.",
        {required(text("name", "Letters, digits and `_`.", "day")),
         oneOf("type", "Of its values.", choicesOf(kParameterTypeNames), "text"),
         text("documentation", "What it is for."),
         text("default", "Without one it must be given. May hold `${run.date}` and the like.", "${run.date}")});
}

Property triggers() {
    return sections(
        "triggers",
        "What starts it; without any it is run by hand, by the API, or by other jobs. Each has one of `cron`, `every`, "
        "`after`.",
        {text("cron", "Five or six fields, or `@daily` and the like.", "30 2 * * mon-fri"),
         text("zone", "The time zone of `cron`: UTC by default.", "Europe/Berlin"),
         text("every", "A time span; times are its multiples since 1970.", "15m"),
         text("after", "Another job's name.", "load-orders"),
         oneOf("end", "How the other job's run must end.", choicesOf(kRunEndNames), "success"),
         text("jitter", "Starts are delayed by up to this, each always by the same.", "5m"),
         oneOf("missed", "What happens to times at which no node looked.", choicesOf(kMissedRunsNames), "last"),
         text("grace", "A time that is older when a node looks is missed; 5m by default.", "5m"),
         map("parameters", "Values for its runs.")});
}

Property steps() {
    return sections(
        "steps", "What is done: each has a name and one of `sql`, `export`, `copy`, `refresh`, `http`, `job`.",
        {required(text("name", "Unique in the job.", "load")),
         list("after", "Steps that must have succeeded; the one before it by default, [] for none."),
         text("sql", "One or more statements, in one transaction.", "DELETE FROM stage WHERE day < ${day}"),
         section("export", "Writes the rows of a query to files; they replace older ones at once or not at all.",
                 {text("query", "A SELECT."), text("to", "A path, or an s3:// address.", "/data/orders-${day}.parquet"),
                  oneOf("format", "Of the files.", choicesOf(kExportFormatNames), "parquet"),
                  list("partition_by", "Columns: a folder for each of their values.")}),
         section("copy", "Puts the rows of a query into a table of any node or source.",
                 {text("query", "A SELECT."), text("into", "The table.", "warehouse.orders"),
                  oneOf("mode", "What becomes of rows that are there.", choicesOf(kCopyModeNames), "append"),
                  list("key", "Of `upsert`: the columns that tell rows apart."),
                  text("watermark", "Of `incremental`: a column that only grows.", "changed_at")}),
         text("refresh", "A materialised view.", "reports.daily"),
         section("http", "Calls an address; an answer of 200 to 299 is success.",
                 {text("url", "", "https://example.org/done?day=${day}"),
                  oneOf("method", "", {"GET", "POST", "PUT", "PATCH", "DELETE"}, "POST"),
                  map("headers", "Names and values."), text("body", "Values in it are escaped as in a JSON string."),
                  text("credential", "A name in the node's configuration; its secret becomes the Authorization.")}),
         section("job", "Runs another job and waits for its end.",
                 {text("name", "Its name."), map("parameters", "Its values.")}),
         text("timeout", "The step fails when an attempt takes longer.", "10m"), retries()});
}

}  // namespace

const config::Schema& definitionSchema() {
    static const config::Schema kSchema{
        "Job files",
        "A file describes one job.",
        {required(text("job", "Its name: lower-case letters, digits, `-`, `_` and `.`.", "nightly-export")),
         text("documentation", "What it is for, for people."),
         required(text("owner", "Who answers for it.", "anna@example.org")),
         text("run_as", "A service user; by default it runs as its owner, by the grant they gave."),
         list("nodes", "That may run it: all by default."), parameters(), triggers(), steps(),
         text("timeout", "Of a whole run: 1d by default.", "2h"), retries(),
         oneOf("concurrency", "When a run is to start while another is under way.", choicesOf(kConcurrencyNames),
               "queue"),
         sections("alerts", "Who is told of a run's end. Each has one of `webhook`, `email`, `desktop`.",
                  {oneOf("on", "Of which end.", choicesOf(kRunEndNames), "failure"),
                   text("webhook", "An address that is called."), text("email", "An address."),
                   text("desktop", "Whose desktop: an e-mail address or subject, or a role of the nodes.",
                        "anna@example.org")}),
         text("keep", "For how long runs are kept: 90d by default.", "90d")}};
    return kSchema;
}

}  // namespace tessera::jobs
