#include "app/cli/query_command.h"

#include "app/cli/node_choice.h"
#include "app/core/output/output.h"
#include "app/core/output/parquet_writer.h"
#include "app/core/output/statement_stream.h"
#include "app/core/sql/error_report.h"
#include "app/core/sql/statement_splitter.h"
#include "app/core/text/utf8.h"
#include "nodeservice/client/agent_client.h"
#include "nodeservice/client/mesh_file.h"
#include "nodeservice/client/node_client.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace tessera::cli {

namespace {

void report(const std::string& text) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", text.c_str());
}

Result<std::string> readSql(const QueryOptions& options) {
    if (options.sql_file) {
        std::ifstream file(*options.sql_file, std::ios::binary);
        std::ostringstream text;
        if (!file || !(text << file.rdbuf())) {
            return fail(ErrorCode::kInvalidArgument, "cannot read '" + options.sql_file->string() + "'",
                        "name a file with SQL in it");
        }
        return text.str();
    }
    if (options.sql == "-") {
        return std::string(std::istreambuf_iterator<char>(std::cin), {});
    }
    return options.sql;
}

/// "(42 rows, 0.013 s)" or "UPDATE 3 (0.013 s)".
std::string summary(const client::Completion& completion, bool has_rows) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f s", static_cast<double>(completion.elapsed_ms) / 1000.0);
    if (!has_rows) {
        return completion.command_tag + " (" + seconds + ")";
    }
    const std::string rows = completion.row_count == 1 ? "1 row" : std::to_string(completion.row_count) + " rows";
    return "(" + rows + ", " + seconds + ")";
}

/// One statement of what the person wrote.
struct Piece {
    std::string sql;
    std::size_t first_line;
};

std::vector<Piece> piecesOf(const std::string& text) {
    std::vector<Piece> pieces;
    for (const app::StatementRange& range : app::splitStatements(text)) {
        pieces.push_back({std::string(range.of(text)), app::lineAt(text, range.begin).number});
    }
    return pieces;
}

/// Texts that are whole documents.
class TextWriter final : public app::RowWriter {
  public:
    explicit TextWriter(app::Output& output) : output_(output) {}

    Result<> begin(const std::vector<client::ResultColumn>& /*columns*/) override { return {}; }

    Result<> batch(const client::ResultBatch& batch) override {
        for (std::size_t row = 0; row < batch.rowCount(); ++row) {
            TSR_TRY(output_.write(batch.text(row, 0)));
        }
        return {};
    }

    Result<> end() override { return {}; }

  private:
    app::Output& output_;
};

class Runner {
  public:
    Runner(const QueryOptions& options, client::StatementExecutor& node, app::Output& output,
           InterruptWatch& interrupts)
        : options_(options), node_(node), output_(output), interrupts_(interrupts) {}

    ExitCode run(const Piece& piece) {
        client::QueryRequest request;
        request.sql = piece.sql;
        request.timeout_ms = options_.timeout_ms;
        request.in_transaction = options_.is_transaction;
        for (const std::optional<std::string>& value : options_.parameters) {
            request.parameters.push_back({value, {}});
        }
        const auto stream = std::make_shared<app::StatementStream>();
        interrupts_.setHandler([stream] { stream->interrupt(); });
        const std::unique_ptr<client::RunningQuery> running = node_.execute(std::move(request), stream);
        const ExitCode code = consume(*stream, *running, piece);
        running->cancel();
        interrupts_.setHandler({});
        return code;
    }

  private:
    ExitCode consume(app::StatementStream& stream, client::RunningQuery& running, const Piece& piece) {
        const std::unique_ptr<app::RowWriter> writer = makeWriter();
        bool has_rows = false;
        for (;;) {
            app::StatementStream::Event event = stream.next();
            if (const auto* columns = std::get_if<app::StatementStream::Columns>(&event)) {
                // A command without a result announces no columns.
                has_rows = !columns->empty();
                if (const Result<> begun = has_rows ? writer->begin(*columns) : Result<>{}; !begun) {
                    return outputFailed(begun.error());
                }
            } else if (const auto* batch = std::get_if<app::StatementStream::Batch>(&event)) {
                if (const Result<> written = writer->batch(**batch); !written) {
                    return outputFailed(written.error());
                }
                running.release();
            } else if (const auto* notice = std::get_if<client::Notice>(&event)) {
                showNotice(*notice);
            } else if (std::get_if<app::StatementStream::Interrupted>(&event) != nullptr) {
                return interrupted(running, *writer, has_rows);
            } else {
                return ended(std::get<app::StatementStream::End>(event), *writer, has_rows, piece);
            }
        }
    }

    std::unique_ptr<app::RowWriter> makeWriter() {
        if (options_.is_text) {
            return std::make_unique<TextWriter>(output_);
        }
        if (options_.format == app::OutputFormat::kParquet) {
            return std::make_unique<app::ParquetWriter>(*options_.output_file);
        }
        return app::createRowWriter(options_.format, output_, options_.style);
    }

    ExitCode ended(const app::StatementStream::End& end, app::RowWriter& writer, bool has_rows, const Piece& piece) {
        const Result<> written = !has_rows ? Result<>{} : end ? writer.end() : writer.abandon();
        if (!written) {
            return outputFailed(written.error());
        }
        if (!end) {
            report(app::describeError(end.error(), piece.sql, piece.first_line));
            return exitCodeOf(end.error());
        }
        if (!options_.is_quiet) {
            report(summary(*end, has_rows));
        }
        return kSuccess;
    }

    static ExitCode interrupted(client::RunningQuery& running, app::RowWriter& writer, bool has_rows) {
        running.cancel();
        // Rows that were held back for their widths are shown: the person has waited for them.
        if (has_rows && !writer.abandon()) {
            return kBrokenPipe;
        }
        report("Cancelled");
        return kInterrupted;
    }

    static ExitCode outputFailed(const Error& error) {
        if (app::isBrokenPipe(error)) {
            return kBrokenPipe;
        }
        report(app::describeError(error, {}));
        return kFailure;
    }

    static void showNotice(const client::Notice& notice) {
        std::string text = notice.severity + ": " + notice.message;
        text += notice.detail.empty() ? "" : "\nDETAIL: " + notice.detail;
        text += notice.hint.empty() ? "" : "\nHINT: " + notice.hint;
        report(text);
    }

    const QueryOptions& options_;
    client::StatementExecutor& node_;
    app::Output& output_;
    InterruptWatch& interrupts_;
};

/// Whoever waits for an answer hears of a lost session by it.
class SilentSession final : public client::SessionObserver {
  public:
    void onTransaction(client::TransactionState) override {}

    void onClosed(Error) override {}
};

ExitCode runPieces(const QueryOptions& options, const std::vector<Piece>& pieces, client::NodeClient& node,
                   InterruptWatch& interrupts) {
    std::unique_ptr<app::FileOutput> file;
    if (options.output_file && options.format != app::OutputFormat::kParquet) {
        Result<std::unique_ptr<app::FileOutput>> created = app::FileOutput::create(*options.output_file);
        if (!created) {
            report(app::describeError(created.error(), {}));
            return kUsage;
        }
        file = std::move(*created);
    }
    const std::unique_ptr<app::Output> standard = app::standardOutput();
    app::Output& output = file ? static_cast<app::Output&>(*file) : *standard;
    const std::shared_ptr<client::NodeSession> session =
        options.is_transaction ? node.openSession(std::make_shared<SilentSession>()) : nullptr;
    Runner runner(options, session ? static_cast<client::StatementExecutor&>(*session) : node, output, interrupts);
    for (const Piece& piece : pieces) {
        if (const ExitCode code = runner.run(piece); code != kSuccess) {
            return code;
        }
    }
    if (const ExitCode code = session ? runner.run({"COMMIT", 1}) : kSuccess; code != kSuccess) {
        return code;
    }
    if (const Result<> committed = file ? file->commit() : Result<>{}; !committed) {
        report(app::describeError(committed.error(), {}));
        return kFailure;
    }
    return kSuccess;
}

Result<std::shared_ptr<client::NodeClient>> openNode(const MeshOptions& options) {
    const client::MeshFile mesh = TSR_TRY(client::findMesh({options.mesh_file, options.profile}));
    return client::NodeClient::create(TSR_TRY(chooseNode(mesh, options.node)));
}

}  // namespace

ExitCode runQuery(const QueryOptions& options, InterruptWatch& interrupts) {
    const Result<std::string> sql = readSql(options);
    if (!sql) {
        report(app::describeError(sql.error(), {}));
        return kUsage;
    }
    const std::vector<Piece> pieces = piecesOf(*sql);
    if (pieces.empty()) {
        report("ERROR: there is no statement in the SQL given\nHINT: comments and semicolons alone do nothing");
        return kUsage;
    }
    if (pieces.size() > 1 && !options.parameters.empty()) {
        report("ERROR: --param belongs to one statement, but " + std::to_string(pieces.size()) + " are given");
        return kUsage;
    }
    if (options.format == app::OutputFormat::kParquet && (!options.output_file || pieces.size() > 1)) {
        report("ERROR: Parquet is written to a file, and of one statement\nHINT: name it with --output");
        return kUsage;
    }
    const Result<std::shared_ptr<client::NodeClient>> node = openNode(options.mesh);
    if (!node) {
        report(app::describeError(node.error(), {}));
        return kUsage;
    }
    return runPieces(options, pieces, **node, interrupts);
}

}  // namespace tessera::cli
