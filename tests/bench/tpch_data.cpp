#include "tests/bench/tpch_data.h"

#include <algorithm>
#include <cmath>

namespace tessera::bench {

namespace {

/// A number between `low` and `high` that depends on the row and the column alone, and words to choose from.
constexpr const char* kHelpers = R"sql(
    CREATE FUNCTION drawn(row_number bigint, salt int, low bigint, high bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
        RETURN low + (hashint8extended(row_number, salt) & 9223372036854775807) % (high - low + 1);
    CREATE FUNCTION word(words text[], row_number bigint, salt int) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN words[drawn(row_number, salt, 1, cardinality(words))];
    CREATE FUNCTION colour(row_number bigint, salt int) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN word('{almond,antique,aquamarine,azure,beige,bisque,black,blanched,blue,blush,brown,burlywood,burnished,
            chartreuse,chiffon,chocolate,coral,cornflower,cornsilk,cream,cyan,dark,deep,dim,dodger,drab,firebrick,floral,
            forest,frosted,gainsboro,ghost,goldenrod,green,grey,honeydew,hot,indian,ivory,khaki,lace,lavender,lawn,lemon,
            light,lime,linen,magenta,maroon,medium,metallic,midnight,mint,misty,moccasin,navajo,navy,olive,orange,orchid,
            pale,papaya,peach,peru,pink,plum,powder,puff,purple,red,rose,rosy,royal,saddle,salmon,sandy,seashell,sienna,
            sky,slate,smoke,snow,spring,steel,tan,thistle,tomato,turquoise,violet,wheat,white,yellow}', row_number, salt);
    CREATE FUNCTION remark(row_number bigint, salt int) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN word('{furiously,carefully,quickly,blithely,slyly,special,pending,unusual,express,final}', row_number, salt)
            || ' ' || word('{deposits,accounts,packages,theodolites,instructions,foxes,ideas,pinto beans}', row_number, salt + 1)
            || ' ' || word('{sleep,wake,nag,haggle,cajole,use,boost,detect}', row_number, salt + 2)
            || ' ' || word('{requests,platelets,asymptotes,courts,dependencies,excuses,sauternes,dolphins}', row_number, salt + 3);
    CREATE FUNCTION phone(nation bigint, row_number bigint) RETURNS text LANGUAGE sql IMMUTABLE
        RETURN (10 + nation) || '-' || drawn(row_number, 90, 100, 999) || '-' || drawn(row_number, 91, 100, 999) || '-'
            || drawn(row_number, 92, 1000, 9999);
    CREATE FUNCTION retail_price(part bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
        RETURN (90000 + (part / 10) % 20001 + 100 * (part % 1000)) / 100.00;
    CREATE FUNCTION part_supplier(part bigint, i bigint, suppliers bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
        RETURN (part + i * (suppliers / 4 + (part - 1) / suppliers)) % suppliers + 1;)sql";

constexpr const char* kRows = R"sql(
    INSERT INTO region SELECT i - 1, ('{AFRICA,AMERICA,ASIA,EUROPE,MIDDLE EAST}'::text[])[i], remark(i, 1)
        FROM generate_series(1, 5) i;
    INSERT INTO nation SELECT i - 1,
        ('{ALGERIA,ARGENTINA,BRAZIL,CANADA,EGYPT,ETHIOPIA,FRANCE,GERMANY,INDIA,INDONESIA,IRAN,IRAQ,JAPAN,JORDAN,KENYA,MOROCCO,
            MOZAMBIQUE,PERU,CHINA,ROMANIA,SAUDI ARABIA,VIETNAM,RUSSIA,UNITED KINGDOM,UNITED STATES}'::text[])[i],
        ('{0,1,1,1,4,0,3,3,2,2,4,4,2,4,0,0,0,1,2,3,4,2,3,3,1}'::int[])[i], remark(i, 5) FROM generate_series(1, 25) i;
    INSERT INTO supplier SELECT i, 'Supplier#' || lpad(i::text, 9, '0'), 'street ' || drawn(i, 10, 1, 99999), nation,
        phone(nation, i), drawn(i, 11, -99999, 999999) / 100.00,
        CASE WHEN drawn(i, 12, 1, 400) = 1 THEN 'wake Customer slyly Complaints' ELSE remark(i, 13) END
        FROM (SELECT i, drawn(i, 14, 0, 24) AS nation FROM generate_series(1, {suppliers}) i) s;
    INSERT INTO part SELECT i, colour(i, 20) || ' ' || colour(i, 21) || ' ' || colour(i, 22) || ' ' || colour(i, 23) || ' '
        || colour(i, 24), 'Manufacturer#' || drawn(i, 25, 1, 5), 'Brand#' || drawn(i, 25, 1, 5) || drawn(i, 26, 1, 5),
        word('{STANDARD,SMALL,MEDIUM,LARGE,ECONOMY,PROMO}', i, 27) || ' '
        || word('{ANODIZED,BURNISHED,PLATED,POLISHED,BRUSHED}', i, 28) || ' ' || word('{TIN,NICKEL,BRASS,STEEL,COPPER}', i, 29),
        drawn(i, 30, 1, 50), word('{SM,LG,MED,JUMBO,WRAP}', i, 31) || ' ' || word('{CASE,BOX,BAG,JAR,PKG,PACK,CAN,DRUM}', i, 32),
        retail_price(i), left(remark(i, 33), 23) FROM generate_series(1, {parts}) i;
    INSERT INTO partsupp SELECT part, part_supplier(part, i, {suppliers}), drawn(4 * part + i, 40, 1, 9999),
        drawn(4 * part + i, 41, 100, 100000) / 100.00, remark(4 * part + i, 42)
        FROM generate_series(1, {parts}) part, generate_series(0, 3) i;
    INSERT INTO customer SELECT i, 'Customer#' || lpad(i::text, 9, '0'), 'street ' || drawn(i, 50, 1, 99999), nation,
        phone(nation, i), drawn(i, 51, -99999, 999999) / 100.00,
        word('{AUTOMOBILE,BUILDING,FURNITURE,MACHINERY,HOUSEHOLD}', i, 52), remark(i, 53)
        FROM (SELECT i, drawn(i, 54, 0, 24) AS nation FROM generate_series(1, {customers}) i) c;
    CREATE TEMPORARY TABLE ordered AS SELECT i / 8 * 32 + i % 8 AS number, drawn(i, 60, 0, {customers} / 3 - 1) * 3
        + drawn(i, 61, 1, 2) AS customer, date '1992-01-01' + drawn(i, 62, 0, 2405)::int AS day FROM generate_series(1, {orders}) i;
    INSERT INTO lineitem SELECT number, part, part_supplier(part, drawn(key, 72, 0, 3), {suppliers}), line, quantity,
        quantity * retail_price(part), drawn(key, 73, 0, 10) / 100.00, drawn(key, 74, 0, 8) / 100.00,
        CASE WHEN received > '1995-06-17' THEN 'N' ELSE word('{R,A}', key, 75) END,
        CASE WHEN shipped > '1995-06-17' THEN 'O' ELSE 'F' END, shipped, day + drawn(key, 76, 30, 90)::int, received,
        word('{DELIVER IN PERSON,COLLECT COD,NONE,TAKE BACK RETURN}', key, 77),
        word('{REG AIR,AIR,RAIL,SHIP,TRUCK,MAIL,FOB}', key, 78), remark(key, 79)
        FROM (SELECT number, line, key, day, drawn(key, 70, 1, {parts}) AS part, drawn(key, 71, 1, 50) AS quantity,
            day + drawn(key, 80, 1, 121)::int AS shipped,
            day + drawn(key, 80, 1, 121)::int + drawn(key, 81, 1, 30)::int AS received
            FROM (SELECT number, day, line, number * 8 + line AS key
                FROM ordered, generate_series(1, drawn(number, 63, 1, 7)) line) l) l;
    INSERT INTO orders SELECT number, customer, status, price, day, word('{1-URGENT,2-HIGH,3-MEDIUM,4-NOT SPECIFIED,5-LOW}',
        number, 64), 'Clerk#' || lpad(drawn(number, 65, 1, 1000)::text, 9, '0'), 0, remark(number, 66)
        FROM ordered JOIN (SELECT l_orderkey, round(sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)), 2) AS price,
            CASE WHEN min(l_linestatus) <> max(l_linestatus) THEN 'P' ELSE min(l_linestatus) END AS status
            FROM lineitem GROUP BY l_orderkey) l ON l_orderkey = number;
    DROP TABLE ordered;)sql";

std::string replaced(std::string text, const std::string& name, double value) {
    const std::string number = std::to_string(std::llround(value));
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name)) {
        text.replace(at, name.size(), number);
    }
    return text;
}

}  // namespace

const std::vector<TpchTable>& tpchTables() {
    static const std::vector<TpchTable> tables = {
        {"region", "r_regionkey integer, r_name varchar(25), r_comment varchar(152)", {"r_regionkey"}},
        {"nation",
         "n_nationkey integer, n_name varchar(25), n_regionkey integer, n_comment varchar(152)",
         {"n_nationkey"}},
        {"supplier",
         "s_suppkey integer, s_name varchar(25), s_address varchar(40), s_nationkey integer, s_phone varchar(15), "
         "s_acctbal decimal(15,2), s_comment varchar(101)",
         {"s_suppkey", "s_nationkey"}},
        {"part",
         "p_partkey integer, p_name varchar(55), p_mfgr varchar(25), p_brand varchar(10), p_type varchar(25), "
         "p_size integer, p_container varchar(10), p_retailprice decimal(15,2), p_comment varchar(23)",
         {"p_partkey"}},
        {"partsupp",
         "ps_partkey integer, ps_suppkey integer, ps_availqty integer, ps_supplycost decimal(15,2), "
         "ps_comment varchar(199)",
         {"ps_partkey, ps_suppkey", "ps_suppkey"}},
        {"customer",
         "c_custkey integer, c_name varchar(25), c_address varchar(40), c_nationkey integer, c_phone varchar(15), "
         "c_acctbal decimal(15,2), c_mktsegment varchar(10), c_comment varchar(117)",
         {"c_custkey", "c_nationkey"}},
        {"orders",
         "o_orderkey bigint, o_custkey integer, o_orderstatus varchar(1), o_totalprice decimal(15,2), o_orderdate "
         "date, "
         "o_orderpriority varchar(15), o_clerk varchar(15), o_shippriority integer, o_comment varchar(79)",
         {"o_orderkey", "o_custkey"}},
        {"lineitem",
         "l_orderkey bigint, l_partkey integer, l_suppkey integer, l_linenumber integer, l_quantity decimal(15,2), "
         "l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2), l_returnflag varchar(1), "
         "l_linestatus varchar(1), l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct varchar(25), "
         "l_shipmode varchar(10), l_comment varchar(44)",
         {"l_orderkey, l_linenumber", "l_partkey, l_suppkey"}},
    };
    return tables;
}

const TpchTable& tpchTable(const std::string& name) {
    return *std::find_if(tpchTables().begin(), tpchTables().end(),
                         [&](const TpchTable& table) { return table.name == name; });
}

std::string tpchGenerate(const std::string& schema, double scale) {
    std::string rows = kRows;
    rows = replaced(rows, "{suppliers}", 10000 * scale);
    rows = replaced(rows, "{parts}", 200000 * scale);
    rows = replaced(rows, "{customers}", 150000 * scale);
    rows = replaced(rows, "{orders}", 1500000 * scale);
    std::string sql = "CREATE SCHEMA " + schema + "; SET search_path = " + schema + ";";
    for (const TpchTable& table : tpchTables()) {
        sql += std::string("CREATE TABLE ") + table.name + " (" + table.columns + ");";
    }
    return sql + kHelpers + rows + "RESET search_path";
}

std::string tpchKeys(const TpchTable& table, const std::string& schema) {
    const std::string name = (schema.empty() ? "" : schema + ".") + table.name;
    std::string sql;
    for (std::size_t i = 0; i < table.indexes.size(); ++i) {
        const std::string columns = std::string(" (") + table.indexes[i] + ");";
        sql += i == 0 ? "ALTER TABLE " + name + " ADD PRIMARY KEY" + columns
                      : std::string("CREATE INDEX ") + table.name + "_" + std::to_string(i) + " ON " + name + columns;
    }
    return sql;
}

}  // namespace tessera::bench
