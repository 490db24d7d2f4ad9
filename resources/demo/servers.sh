# shellcheck shell=bash
# The demo's servers: how each is prepared, started and stopped. Sourced by demo.sh, whose variables it uses.
#
# A daemon NAME leaves run/NAME.pid (its pid and start time, so that a number that the system gave away again is never
# signalled) and log/NAME.log.
: "${here:?}" "${demo:?}" "${postgres_bin:?}"

# --- daemons ---------------------------------------------------------------------------------------------------------

# When a process started, in clock ticks since boot; nothing when there is none.
start_time() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# The pid of daemon $1, if it runs.
running_pid() {
    local pid began
    read -r pid began 2>/dev/null <"$demo/run/$1.pid" || return 1
    [ -n "$began" ] && [ "$(start_time "$pid")" = "$began" ] && echo "$pid"
}

# start_daemon NAME COMMAND…: in a session of its own, with its output in its log.
start_daemon() {
    local name=$1
    shift
    setsid "$@" >>"$demo/log/$name.log" 2>&1 </dev/null &
    local pid=$!
    disown "$pid"
    echo "$pid $(start_time "$pid")" >"$demo/run/$name.pid"
}

# wait_until SECONDS NAME COMMAND…: until the command succeeds; dies with the log's end when daemon NAME ends or time is up.
wait_until() {
    local deadline=$((SECONDS + $1)) name=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        running_pid "$name" >/dev/null || die "$name has ended: $(tail -n 8 "$demo/log/$name.log")"
        [ $SECONDS -lt $deadline ] || die "$name is not ready in time: $(tail -n 8 "$demo/log/$name.log")"
        sleep 0.05
    done
}

# stop_daemon NAME SIGNAL: and SIGKILL when it has not ended after half a minute.
stop_daemon() {
    local name=$1 pid deadline=$((SECONDS + 30))
    pid=$(running_pid "$name") || return 0
    say "stopping $name (process $pid)"
    kill -s "$2" "$pid" 2>/dev/null || true
    while running_pid "$name" >/dev/null; do
        if [ $SECONDS -ge $deadline ]; then
            kill -s KILL "$pid" 2>/dev/null || true
            break
        fi
        sleep 0.05
    done
    rm -f "$demo/run/$name.pid"
}

# All at once: each waits for what it is doing.
stop_nodes() {
    local name stopping=()
    for name in archive operations lake; do
        stop_daemon "$name" TERM &
        stopping+=($!)
    done
    wait "${stopping[@]}"
}

stop_all() {
    [ -d "$demo/run" ] || { say "there is no demo mesh in $demo" && return; }
    stop_nodes
    stop_daemon identity TERM
    stop_daemon customer-mariadb TERM
    stop_daemon customer-postgres INT
    say "the demo mesh is stopped; its data stays in $demo"
}

# --- files and SQLite, of node `lake` --------------------------------------------------------------------------------

prepare_lake_files() {
    local raw=$demo/data/raw lake=$demo/data/lake
    ln -f "$raw/flights-3m.parquet" "$lake/flights.parquet"
    ln -f "$raw/flights-airport.csv" "$lake/routes.csv"
    if [ ! -e "$lake/earthquakes.json" ]; then
        (cd "$raw" && sqlite3 :memory: <"$here/sql/earthquakes.sql") >"$demo/data/earthquakes.new"
        mv "$demo/data/earthquakes.new" "$lake/earthquakes.json"
    fi
    if [ ! -e "$demo/data/climate.db" ]; then
        say "loading weather into SQLite"
        rm -f "$demo/data/climate.new"
        (cd "$raw" && sqlite3 "$demo/data/climate.new" <"$here/sql/climate.sql")
        mv "$demo/data/climate.new" "$demo/data/climate.db"
    fi
    if [ ! -e "$demo/data/shards.db" ]; then
        sqlite3 "$demo/data/shards.new" <"$here/sql/shards.sql"
        mv "$demo/data/shards.new" "$demo/data/shards.db"
    fi
}

# --- PostgreSQL, the customer's --------------------------------------------------------------------------------------

customer_psql() {
    PGPASSWORD=$(secret customer_admin) psql --no-psqlrc --quiet -h 127.0.0.1 -p "$(port_of CUSTOMER_POSTGRES)" -U admin "$@"
}

start_customer_postgres() {
    local data=$demo/customer-postgres
    if [ ! -e "$data/PG_VERSION" ]; then
        say "creating a PostgreSQL cluster: the customer's database"
        "$postgres_bin/initdb" --pgdata="$data" --username=admin --pwfile="$demo/secrets/customer_admin" --auth=scram-sha-256 \
            --encoding=UTF8 --locale=C --lc-ctype=C.UTF-8 --no-instructions >"$demo/log/initdb.log" 2>&1 ||
            die "initdb failed: $(tail -n 5 "$demo/log/initdb.log")"
    fi
    if ! running_pid customer-postgres >/dev/null; then
        start_daemon customer-postgres "$postgres_bin/postgres" -D "$data" -p "$(port_of CUSTOMER_POSTGRES)" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c shared_buffers=64MB
    fi
    wait_until 60 customer-postgres customer_psql -c 'SELECT 1' postgres
    if [ ! -e "$data/loaded-2" ]; then
        say "loading bird strikes into PostgreSQL"
        customer_psql -At -c "SELECT 1 FROM pg_database WHERE datname = 'faa'" postgres | grep -q 1 ||
            customer_psql -c 'CREATE DATABASE faa' postgres
        (cd "$demo/data/raw" && reader_password=$(secret mesh_reader) writer_password=$(secret mesh_writer) \
            customer_psql -f "$here/sql/wildlife.sql" faa)
        touch "$data/loaded-2" # counts the changes of what is loaded
    fi
}

# --- MariaDB ---------------------------------------------------------------------------------------------------------

mariadb_server() { PATH=$PATH:/usr/sbin command -v mariadbd || die "MariaDB's server is missing; run ./dev setup"; }

# The password goes through a file that only we can read: arguments are everybody's.
customer_mariadb() {
    mariadb --defaults-file="$demo/secrets/mariadb.cnf" "$@"
}

create_customer_mariadb() {
    local data=$1
    say "creating a MariaDB data directory"
    rm -rf "$data.new"
    mkdir -p "$data.new"
    mariadb-install-db --no-defaults --datadir="$data.new" --auth-root-authentication-method=normal --skip-test-db \
        >"$demo/log/mariadb-install.log" 2>&1 || die "mariadb-install-db failed: $(tail -n 5 "$demo/log/mariadb-install.log")"
    "$(mariadb_server)" --no-defaults --bootstrap --datadir="$data.new" >>"$demo/log/mariadb-install.log" 2>&1 <<SQL ||
FLUSH PRIVILEGES;
DELETE FROM mysql.global_priv WHERE User = '';
SET PASSWORD FOR root@localhost = PASSWORD('$(secret customer_admin)');
CREATE USER admin@'127.0.0.1' IDENTIFIED BY '$(secret customer_admin)';
GRANT ALL ON *.* TO admin@'127.0.0.1' WITH GRANT OPTION;
CREATE USER mesh_reader@'%' IDENTIFIED BY '$(secret mesh_reader)';
GRANT SELECT ON geography.* TO mesh_reader@'%';
SQL
        die "MariaDB's accounts could not be created: $(tail -n 5 "$demo/log/mariadb-install.log")"
    mv "$data.new" "$data"
}

start_customer_mariadb() {
    local data=$demo/customer-mariadb
    [ -e "$data" ] || create_customer_mariadb "$data"
    printf '[client]\nprotocol=tcp\nhost=127.0.0.1\nport=%s\nuser=admin\npassword=%s\ndefault-character-set=utf8mb4\n' \
        "$(port_of CUSTOMER_MARIADB)" "$(secret customer_admin)" >"$demo/secrets/mariadb.cnf"
    if ! running_pid customer-mariadb >/dev/null; then
        # A relative socket lies in the data directory, so that its path is not too long for the system.
        start_daemon customer-mariadb "$(mariadb_server)" --no-defaults --datadir="$data" --socket=mariadb.sock \
            --pid-file=mariadb.pid --port="$(port_of CUSTOMER_MARIADB)" --bind-address=127.0.0.1 --skip-networking=0 \
            --skip-name-resolve --skip-log-bin --local-infile=1 --innodb-buffer-pool-size=64M
    fi
    wait_until 60 customer-mariadb customer_mariadb -e 'SELECT 1'
    if [ ! -e "$data/loaded" ]; then
        say "loading airports, states and ZIP codes into MariaDB"
        (cd "$demo/data/raw" && customer_mariadb --local-infile=1 <"$here/sql/geography.sql" >/dev/null)
        touch "$data/loaded"
    fi
}

# --- the people's identity provider ----------------------------------------------------------------------------------

start_identity_provider() {
    if ! running_pid identity >/dev/null; then
        say "starting the identity provider"
        start_daemon identity node "$demo/program/demo/identity/provider.mjs" "$demo/identity.json"
    fi
    wait_until 60 identity answers "$(port_of IDENTITY)" /.well-known/openid-configuration
}

# --- nodes -----------------------------------------------------------------------------------------------------------

# Whether GET $2 on port $1 answers 200.
answers() (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    read -r status <&3 && [[ $status == *" 200 "* ]]
)

start_node() {
    begin_node "$1"
    await_node "$1"
}

begin_node() {
    local name=$1
    # One that runs an older program or configuration is started again.
    if running_pid "$name" >/dev/null &&
        [ -n "$(find "$demo/program/bin" "$demo/program/lib" "$demo/$name.yaml" -newer "$demo/run/$name.pid" -type f -print -quit)" ]; then
        stop_daemon "$name" TERM
    fi
    if ! running_pid "$name" >/dev/null; then
        say "starting node $name"
        start_daemon "$name" "$demo/program/bin/tessera-node" run --config "$demo/$name.yaml"
    fi
}

await_node() { wait_until 120 "$1" answers "$(port_of "${1^^}")" /readyz; }
