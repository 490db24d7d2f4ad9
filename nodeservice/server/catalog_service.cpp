#include "nodeservice/catalog/catalog.h"
#include "nodeservice/client/grpc_status.h"
#include "nodeservice/proto/catalog.grpc.pb.h"
#include "nodeservice/server/call_credentials.h"
#include "nodeservice/server/services.h"

#include <utility>

namespace tessera::server {

namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

v1::TableKind kindOf(catalog::TableKind kind) {
    switch (kind) {
        case catalog::TableKind::kTable:
            return v1::TABLE_KIND_TABLE;
        case catalog::TableKind::kView:
            return v1::TABLE_KIND_VIEW;
        case catalog::TableKind::kForeignTable:
            return v1::TABLE_KIND_FOREIGN_TABLE;
        case catalog::TableKind::kMaterializedView:
            return v1::TABLE_KIND_MATERIALIZED_VIEW;
    }
    return v1::TABLE_KIND_UNSPECIFIED;
}

void fill(v1::Table& message, const catalog::Table& table) {
    message.set_schema(table.schema);
    message.set_name(table.name);
    message.set_kind(kindOf(table.kind));
    message.set_comment(table.comment);
    if (table.estimated_rows) {
        message.set_estimated_rows(*table.estimated_rows);
    }
}

void fill(v1::NodeDescription& message, const catalog::NodeFacts& facts) {
    message.set_name(facts.name);
    message.set_version(facts.version);
    for (const catalog::SourceState& state : facts.sources()) {
        v1::Source& source = *message.add_sources();
        source.set_name(state.name);
        source.set_connector(state.connector);
        source.set_comment(state.comment);
        source.set_error(state.error);
        for (const std::string& schema : state.schemas) {
            source.add_schemas(schema);
        }
    }
}

void fill(v1::TableDescription& message, const catalog::TableDescription& description) {
    fill(*message.mutable_table(), description.table);
    message.set_source(description.source);
    for (const catalog::Column& column : description.columns) {
        v1::TableColumn& added = *message.add_columns();
        added.set_name(column.name);
        added.set_type_name(column.type_name);
        added.set_not_null(column.not_null);
        added.set_comment(column.comment);
        added.set_default_expression(column.default_expression);
        added.set_key_position(column.key_position);
    }
}

class CatalogService final : public v1::Catalog::CallbackService {
  public:
    explicit CatalogService(ServiceContext context) : context_(std::move(context)) {}

    Reactor* DescribeNode(Context* context, const v1::DescribeNodeRequest*, v1::NodeDescription* answer) override {
        return answerWith(context, [this, answer](postgres::Connection& session) -> Result<> {
            answer->set_postgres_version(TSR_TRY(session.queryValue("SHOW server_version")).value_or(""));
            fill(*answer, context_.facts);
            return {};
        });
    }

    Reactor* ListSchemas(Context* context, const v1::ListSchemasRequest*, v1::ListSchemasResponse* answer) override {
        return answerWith(context, [answer](postgres::Connection& session) -> Result<> {
            for (const catalog::Schema& schema : TSR_TRY(catalog::listSchemas(session))) {
                v1::Schema& added = *answer->add_schemas();
                added.set_name(schema.name);
                added.set_comment(schema.comment);
                added.set_source(schema.source);
            }
            return {};
        });
    }

    Reactor* ListTables(Context* context, const v1::ListTablesRequest* request,
                        v1::ListTablesResponse* answer) override {
        return answerWith(context, [request, answer](postgres::Connection& session) -> Result<> {
            for (const catalog::Table& table : TSR_TRY(catalog::listTables(session, request->schema()))) {
                fill(*answer->add_tables(), table);
            }
            return {};
        });
    }

    Reactor* DescribeTable(Context* context, const v1::DescribeTableRequest* request,
                           v1::TableDescription* answer) override {
        return answerWith(context, [request, answer](postgres::Connection& session) -> Result<> {
            fill(*answer, TSR_TRY(catalog::describeTable(session, request->schema(), request->table())));
            return {};
        });
    }

  private:
    /// Request and answer live until Finish().
    template <class Ask>
    Reactor* answerWith(Context* context, Ask ask) {
        Reactor* reactor = context->DefaultReactor();
        const bool accepted =
            context_.catalog_workers.trySubmit([this, reactor, ask, credentials = credentialsOf(*context)] {
                const Result<> done = askAs(credentials, ask);
                reactor->Finish(done ? grpc::Status::OK : client::toStatus(done.error()));
            });
        if (!accepted) {
            reactor->Finish(client::toStatus(
                fail(ErrorCode::kResourceExhausted, "the node has too many catalog requests at once", "try again")));
        }
        return reactor;
    }

    template <class Ask>
    Result<> askAs(const identity::CallCredentials& credentials, const Ask& ask) {
        const identity::Principal principal = TSR_TRY(context_.authenticator.authenticate(credentials));
        auto session = TSR_TRY(context_.sessions.acquire(principal));
        Result<> done = ask(session.connection());
        // Catalog queries leave nothing behind in a session.
        session.giveBackUnused();
        return done;
    }

    const ServiceContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> makeCatalogService(const ServiceContext& context) {
    return std::make_unique<CatalogService>(context);
}

}  // namespace tessera::server
