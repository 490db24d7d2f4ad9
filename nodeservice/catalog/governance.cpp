#include "nodeservice/catalog/governance.h"

#include <algorithm>

namespace tessera::catalog {

namespace {

constexpr const char* kSchemaSql = R"sql(
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_governor') THEN
        CREATE ROLE tessera_governor NOLOGIN;
    END IF;
END $$;
CREATE SCHEMA IF NOT EXISTS tessera_governance;
REVOKE ALL ON SCHEMA tessera_governance FROM PUBLIC;
GRANT USAGE ON SCHEMA tessera_governance TO tessera_governor;

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tessera_administrator') THEN
        CREATE ROLE tessera_administrator NOLOGIN;
    END IF;
END $$;
GRANT tessera_governor TO tessera_administrator;

-- All that an entry says must be so; a user is one of the node's own.
CREATE TABLE IF NOT EXISTS tessera_governance.denied (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_name text,
    issuer text,
    subject text,
    token text,
    issued_before bigint CHECK (issued_before >= 0),
    reason text NOT NULL DEFAULT '',
    denied_by text NOT NULL DEFAULT session_user,
    denied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT denies_somebody CHECK (
        (num_nonnulls(issuer, subject, token, issued_before) > 0) <> (user_name IS NOT NULL)));
-- By which other members of the store know the entry (daemon/shared_denials.h), and at which of them it was said; null:
-- here.
ALTER TABLE tessera_governance.denied ADD COLUMN IF NOT EXISTS key uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN IF NOT EXISTS node text;
CREATE UNIQUE INDEX IF NOT EXISTS denied_key ON tessera_governance.denied (key);
-- What was taken off the list here, until the store has heard of it.
CREATE TABLE IF NOT EXISTS tessera_governance.lifted (
    key uuid PRIMARY KEY,
    lifted_by text NOT NULL,
    lifted_at timestamptz NOT NULL DEFAULT now());
REVOKE ALL ON tessera_governance.denied FROM tessera_administrator;
GRANT INSERT (user_name, issuer, subject, token, issued_before, reason), DELETE ON tessera_governance.denied
    TO tessera_administrator;
-- What it names is looked up when it runs: without the extension there is nobody but users.
CREATE OR REPLACE FUNCTION tessera_governance.note_who() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who text := session_user;
BEGIN
    IF to_regprocedure('tessera.user_id()') IS NOT NULL THEN
        who := coalesce(tessera.user_id(), who);
    END IF;
    IF TG_OP = 'DELETE' THEN
        INSERT INTO tessera_governance.lifted (key, lifted_by) VALUES (OLD.key, who) ON CONFLICT DO NOTHING;
        RETURN OLD;
    END IF;
    NEW.denied_by := who;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION tessera_governance.tell_the_node() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NOTIFY tessera_denied;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS note_who_denies ON tessera_governance.denied;
CREATE OR REPLACE TRIGGER note_who BEFORE INSERT OR DELETE ON tessera_governance.denied
    FOR EACH ROW EXECUTE FUNCTION tessera_governance.note_who();
CREATE OR REPLACE TRIGGER tell_the_node AFTER INSERT OR DELETE ON tessera_governance.denied
    FOR EACH STATEMENT EXECUTE FUNCTION tessera_governance.tell_the_node();

CREATE OR REPLACE FUNCTION tessera_governance.allow(entry bigint) RETURNS tessera_governance.denied
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    lifted tessera_governance.denied;
BEGIN
    DELETE FROM tessera_governance.denied WHERE id = entry RETURNING * INTO lifted;
    IF NOT FOUND THEN
        RAISE no_data_found USING MESSAGE = format('nobody is denied by an entry %s', entry),
            HINT = 'see ''tessera denied'', at the same node';
    END IF;
    RETURN lifted;
END $$;

CREATE OR REPLACE VIEW tessera_governance.roles AS
    SELECT r.rolname::text AS name, r.rolcanlogin AS can_sign_in,
        ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
              WHERE m.member = r.oid ORDER BY 1) AS member_of,
        coalesce(s.setconfig, '{}') AS settings
    FROM pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid AND s.setdatabase = 0
    WHERE NOT r.rolsuper AND r.rolname !~ '^pg_'
    ORDER BY 1;

CREATE OR REPLACE VIEW tessera_governance.users AS
    SELECT name, member_of, settings FROM tessera_governance.roles
    WHERE can_sign_in AND 'tessera_user' = ANY (member_of) ORDER BY 1;

CREATE OR REPLACE VIEW tessera_governance.grants AS
    SELECT coalesce(g.rolname::text, 'PUBLIC') AS grantee, a.privilege_type AS privilege, o.kind, o.schema, o.relation,
        o."column", a.is_grantable
    FROM (
        SELECT 'schema' AS kind, nspname::text AS schema, NULL::text AS relation, NULL::text AS "column",
            nspowner AS owner, nspacl AS acl
        FROM pg_namespace
        UNION ALL
        SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                   WHEN 'S' THEN 'sequence' ELSE 'table' END,
            relnamespace::regnamespace::text, relname::text, NULL, relowner, relacl
        FROM pg_class
        UNION ALL
        SELECT 'column', c.relnamespace::regnamespace::text, c.relname::text, a.attname::text, c.relowner, a.attacl
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    ) o CROSS JOIN LATERAL aclexplode(o.acl) a LEFT JOIN pg_roles g ON g.oid = a.grantee
    WHERE a.grantee <> o.owner AND o.schema !~ '^(pg_|information_schema$)'
    ORDER BY 4, 5 NULLS FIRST, 6 NULLS FIRST, 1, 2;
)sql";

// Of the extension's policies, which hold on tables of every kind, and of PostgreSQL's own.
constexpr const char* kOwnPolicies = R"sql(
    SELECT schemaname::text AS schema, tablename::text AS relation, policyname::text AS name, lower(cmd) AS command,
        permissive = 'PERMISSIVE' AS permissive, roles::text[] AS roles, qual AS using_expression,
        with_check AS check_expression, 'postgresql' AS kept_by
    FROM pg_policies)sql";
constexpr const char* kPolicies = R"sql(
    UNION ALL SELECT schema_name::text, relation_name::text, policy_name::text, command, permissive, roles::text[],
        using_expression, check_expression, 'tessera' FROM tessera.policy)sql";
constexpr const char* kMasks = R"sql(
    SELECT schema_name::text AS schema, relation_name::text AS relation, column_name::text AS "column",
        roles::text[] AS roles, expression FROM tessera.mask)sql";
constexpr const char* kNoMasks = R"sql(
    SELECT NULL::text AS schema, NULL::text AS relation, NULL::text AS "column", NULL::text[] AS roles,
        NULL::text AS expression WHERE false)sql";

}  // namespace

Result<> prepareGovernance(postgres::Connection& connection) {
    const bool has_extension =
        TSR_TRY(connection.queryValue("SELECT to_regclass('tessera.policy') IS NOT NULL")) == "t";
    const std::string policies = std::string(kOwnPolicies) + (has_extension ? kPolicies : "");
    return connection.execute(
        "SET LOCAL client_min_messages = warning;" + std::string(kSchemaSql) +
        "CREATE OR REPLACE VIEW tessera_governance.policies AS" + policies + " ORDER BY 1, 2, 3;" +
        "CREATE OR REPLACE VIEW tessera_governance.masks AS" + (has_extension ? kMasks : kNoMasks) +
        " ORDER BY 1, 2, 3; GRANT SELECT ON ALL TABLES IN SCHEMA tessera_governance TO tessera_governor");
}

const std::vector<std::string>& governanceViews() {
    static const std::vector<std::string> kViews = {"denied", "grants", "masks", "policies", "roles", "users"};
    return kViews;
}

Result<std::string> listGovernance(postgres::Connection& session, const std::string& view) {
    const auto& known = governanceViews();
    if (std::find(known.begin(), known.end(), view) == known.end()) {
        return fail(ErrorCode::kNotFound, "there is no such list");
    }
    return TSR_TRY(session.queryValue("SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(v)), '[]') FROM "
                                      "tessera_governance." +
                                      view + " v"))
        .value_or("[]");
}

}  // namespace tessera::catalog
