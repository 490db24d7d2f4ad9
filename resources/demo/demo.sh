#!/bin/bash
# The demo mesh: two nodes in front of four systems with real data, a third for what jobs keep, and an identity provider
# for its people, all in one folder, all on 127.0.0.1.
#
#   demo.sh start     prepare what is missing, start what is not running; then the workbench, or the queries in a terminal
#   demo.sh up        the same without the workbench and the queries
#   demo.sh run       the same, and stop everything at Ctrl+C or SIGTERM
#   demo.sh queries   run the queries of queries/*.sql on node `operations`
#   demo.sh bench     time them
#   demo.sh stop      stop every process of the demo
#
# ./dev demo, stop and bench call it. start, up, run and bench need TESSERA_BUILD_DIR (a built tree), TESSERA_VEGA_DATASETS and
# TESSERA_IDENTITY_PROVIDER (where npm has put oidc-provider). As root, servers run as the system user `tessera`, in whose home
# the demo lives. TESSERA_DEMO_PORTS, six numbers in the order of port_names below, replaces the usual ports.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
service_user=tessera
port_names=(CUSTOMER_POSTGRES CUSTOMER_MARIADB OPERATIONS LAKE ARCHIVE IDENTITY)
usual_ports=(7442 7443 7410 7510 7610 7480)
postgres_bin=/usr/lib/postgresql/15/bin

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

die() {
    printf 'demo: %s\n' "$*" >&2
    exit 1
}

is_root() { [ "$(id -u)" = 0 ]; }

demo_folder() {
    if [ -n "${TESSERA_DEMO_DIR:-}" ]; then
        realpath -m "$TESSERA_DEMO_DIR"
    elif is_root; then
        id "$service_user" >/dev/null 2>&1 || die "there is no system user '$service_user'; run ./dev setup"
        echo "$(getent passwd "$service_user" | cut -d: -f6)/.local/share/tessera/demo"
    else
        echo "${XDG_DATA_HOME:-$HOME/.local/share}/tessera/demo"
    fi
}

demo=$(demo_folder)
export TESSERA_DEMO_DIR=$demo

# shellcheck source=resources/demo/servers.sh
. "$here/servers.sh"

# --- what is installed into the demo's folder ------------------------------------------------------------------------

# The program and the raw data are copied: the service user may not be able to enter the checkout, and a running demo is
# not disturbed by the next build.
install_files() {
    local file
    : "${TESSERA_BUILD_DIR:?names a built tree}" "${TESSERA_VEGA_DATASETS:?names the folder of the npm package vega-datasets}"
    : "${TESSERA_IDENTITY_PROVIDER:?names the folder where npm has put oidc-provider}"
    mkdir -p "$demo/program" "$demo/data/raw"
    say "installing the program into $demo/program"
    cmake --install "$TESSERA_BUILD_DIR" --prefix "$demo/program" >"$demo/install.log" 2>&1 ||
        die "cmake --install failed: $(tail -n 3 "$demo/install.log")"
    rm -rf "$demo/program/demo"
    cp -r "$here" "$demo/program/demo"
    cp -r "$TESSERA_IDENTITY_PROVIDER/node_modules" "$demo/program/demo/identity/"
    for file in flights-3m.parquet flights-airport.csv earthquakes.json airports.csv zipcodes.csv birdstrikes.csv weather.csv; do
        [ -e "$demo/data/raw/$file" ] || cp "$TESSERA_VEGA_DATASETS/data/$file" "$demo/data/raw/"
    done
    cp "$here"/data/* "$demo/data/raw/"
    cp "$here/data/SOURCES.md" "$demo/data/"
    chmod -R u+w "$demo/data/raw"
}

give_to_service_user() {
    local folder=$demo
    chown -R "$service_user:" "$demo"
    # The folders above a demo in the user's home were made by root just now, perhaps.
    while folder=$(dirname "$folder") && [ "$folder" != "$(getent passwd "$service_user" | cut -d: -f6)" ] && [ "$folder" != / ]; do
        case $folder in */.local | */.local/share | */.local/share/tessera) chown "$service_user:" "$folder" ;; esac
    done
    runuser -u "$service_user" -- test -x "$demo" ||
        die "the user '$service_user' cannot enter $demo: choose another folder with TESSERA_DEMO_DIR"
}

# Starts everything, as root by way of the service user.
up() {
    install_files
    if is_root; then
        give_to_service_user
        (cd / && runuser -u "$service_user" -- env HOME="$(getent passwd "$service_user" | cut -d: -f6)" \
            "$demo/program/demo/demo.sh" up-servers)
    else
        up_servers
    fi
}

# --- ports, secrets, configuration -----------------------------------------------------------------------------------

is_listened_on() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

any_daemon_runs() {
    local name
    for name in operations lake archive identity customer-mariadb customer-postgres; do
        ! running_pid "$name" >/dev/null || return 0
    done
    return 1
}

saved_ports_have_all_names() {
    [ -e "$demo/ports" ] && [ "$(cut -d= -f1 "$demo/ports")" = "$(printf '%s\n' "${port_names[@]}")" ]
}

# Kept from start to start, unless somebody else has taken one meanwhile.
saved_ports_are_free() {
    local port
    while IFS='=' read -r _ port; do
        ! is_listened_on "$port" || return 1
    done <"$demo/ports"
}

# The usual ones, or, for each that somebody listens on, one a thousand above.
choose_ports() {
    local index port chosen=()
    if any_daemon_runs; then
        saved_ports_have_all_names && return
        stop_all # it was started by an older version, which had fewer servers
    fi
    if [ -n "${TESSERA_DEMO_PORTS:-}" ]; then
        read -r -a chosen <<<"$TESSERA_DEMO_PORTS"
        [ ${#chosen[@]} = ${#port_names[@]} ] || die "TESSERA_DEMO_PORTS needs ${#port_names[@]} numbers: ${port_names[*]}"
    elif saved_ports_have_all_names && saved_ports_are_free; then
        return
    else
        for port in "${usual_ports[@]}"; do
            while is_listened_on "$port"; do port=$((port + 1000)); done
            chosen+=("$port")
        done
    fi
    for index in "${!port_names[@]}"; do
        printf '%s=%s\n' "${port_names[index]}" "${chosen[index]}"
    done >"$demo/ports"
}

port_of() { sed -n "s/^$1=//p" "$demo/ports"; }

make_secrets() {
    local name
    mkdir -p "$demo/secrets"
    chmod 700 "$demo/secrets"
    for name in analyst etl operations lake archive mesh_reader mesh_writer customer_admin; do
        [ -e "$demo/secrets/$name" ] || (umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$demo/secrets/$name")
    done
    # One certificate for the nodes among themselves, which vouches for itself.
    [ -e "$demo/secrets/node.pem" ] ||
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=localhost \
            -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout "$demo/secrets/node.key" \
            -out "$demo/secrets/node.pem" >"$demo/log/certificate" 2>&1 ||
        die "openssl made no certificate: $(tail -n 3 "$demo/log/certificate")"
}

secret() { cat "$demo/secrets/$1"; }

# Template $1 with the demo's folder and ports in it, as $2; left alone when nothing changed.
fill_template() {
    local text port
    text=$(<"$1")
    text=${text//@STORE@/$(<"$here/nodes/store.yaml")
}
    text=${text//@DEMO@/$demo}
    for port in "${port_names[@]}"; do
        text=${text//@$port@/$(port_of "$port")}
    done
    [ "$text" = "$(cat "$2" 2>/dev/null)" ] || printf '%s\n' "$text" >"$2"
}

write_configuration() {
    local name
    for name in operations.yaml lake.yaml archive.yaml mesh.yaml profiles.yaml identity.json; do
        fill_template "$here/nodes/$name" "$demo/$name"
    done
    mkdir -p "$demo/jobs" "$demo/exports"
    for name in "$here"/jobs/*.yaml; do
        fill_template "$name" "$demo/jobs/$(basename "$name")"
    done
}

# --- the whole -------------------------------------------------------------------------------------------------------

up_servers() {
    umask 077
    mkdir -p "$demo/run" "$demo/log" "$demo/data/lake"
    choose_ports
    make_secrets
    write_configuration
    prepare_lake_files
    start_identity_provider
    start_customer_postgres
    start_customer_mariadb
    # The others read what `lake` offers. They start side by side: most of it is waiting.
    start_node lake
    begin_node operations
    begin_node archive
    await_node operations
    await_node archive
    # It imports what node `operations` shows once that is there.
    wait_until 60 archive tessera query --node archive "SELECT 'lake.routes'::regclass, 'geography.airports'::regclass"
    begin_jobs
    begin_endpoints
    begin_shards
}

# Once: what somebody changes or removes later stays so.
begin_jobs() {
    local name
    [ ! -e "$demo/jobs/begun" ] || return 0
    say "applying the jobs, and running each once"
    tessera job apply "$demo"/jobs/*.yaml >"$demo/log/jobs" 2>&1 || die "the jobs: $(cat "$demo/log/jobs")"
    for name in "$demo"/jobs/*.yaml; do
        tessera job run --detach "$(basename "$name" .yaml)" >>"$demo/log/jobs" 2>&1 || die "$(cat "$demo/log/jobs")"
    done
    touch "$demo/jobs/begun"
}

# The same for endpoints and models.
begin_endpoints() {
    [ ! -e "$demo/endpoints-begun" ] || return 0
    say "publishing the endpoints"
    tessera endpoint apply --node operations "$demo/program/demo/endpoints" >"$demo/log/endpoints" 2>&1 ||
        die "the endpoints: $(cat "$demo/log/endpoints")"
    touch "$demo/endpoints-begun"
}

# A table over two nodes, filled from the one that has all of it.
begin_shards() {
    [ ! -e "$demo/shards-begun" ] || return 0
    say "sharding bird strikes over two nodes"
    {
        tessera mesh apply --node operations "$demo/program/demo/mesh/strikes.yaml" &&
            tessera query --node operations --file "$demo/program/demo/sql/strikes.sql"
    } >"$demo/log/shards" 2>&1 || die "the sharded table: $(cat "$demo/log/shards")"
    touch "$demo/shards-begun"
}

tessera() { TESSERA_MESH=$demo/mesh.yaml "$demo/program/bin/tessera" "$@"; }

queries() {
    local file
    for file in "$demo"/program/demo/queries/*.sql; do
        say "$(basename "$file")"
        sed '/^$/d' "$file"
        tessera query --node operations --file "$file"
    done
}

where_to_connect() {
    cat <<TEXT

The demo mesh runs in $demo
  mesh file        $demo/mesh.yaml
  command line     TESSERA_MESH=$demo/mesh.yaml $demo/program/bin/tessera catalog --node operations
  as yourself      export TESSERA_PROFILES=$demo/profiles.yaml
                   $demo/program/bin/tessera login    (then: query, whoami, port open; with a display: tessera-workbench)
  psql, BI tools   PGPASSWORD=\$(cat $demo/secrets/analyst) psql -h 127.0.0.1 -p $(port_of OPERATIONS) -U analyst tessera
  scheduled jobs   TESSERA_MESH=$demo/mesh.yaml $demo/program/bin/tessera job list    (or Ctrl+Shift+J in the workbench)
  endpoints        http://127.0.0.1:$(port_of OPERATIONS)/docs  (user analyst, password as above)
  health, metrics  http://127.0.0.1:$(port_of OPERATIONS)/readyz  http://127.0.0.1:$(port_of OPERATIONS)/metrics
  stop             ./dev stop
TEXT
}

start() {
    up
    where_to_connect
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ -x "$demo/program/bin/tessera-workbench" ]; then
        say "opening the workbench; the mesh stays up when it is closed"
        "$demo/program/bin/tessera-workbench" --mesh "$demo/mesh.yaml"
    else
        say "there is no display: running the demo's queries here"
        queries
        where_to_connect
    fi
}

run() {
    local waiting=
    trap 'stop_all; [ -z "$waiting" ] || kill "$waiting"; exit' INT TERM
    up
    where_to_connect
    sleep infinity & # a trap runs during `wait`, not during a command in the foreground
    waiting=$!
    wait "$waiting"
}

bench() {
    local file run began times
    up
    printf '%-40s %10s %10s\n' query 'median ms' 'least ms'
    for file in "$demo"/program/demo/queries/*.sql; do
        times=$(for run in 1 2 3 4 5 6 7; do
            began=$(date +%s%N)
            tessera query --node operations --format csv --file "$file" >/dev/null 2>"$demo/log/bench" ||
                die "$(basename "$file") failed in run $run: $(cat "$demo/log/bench")"
            echo $((($(date +%s%N) - began) / 1000000))
        done | sort -n)
        printf '%-40s %10s %10s\n' "$(basename "$file")" "$(sed -n 4p <<<"$times")" "$(sed -n 1p <<<"$times")"
    done
}

case ${1:-} in
    start | up | run | queries | bench) "$1" ;;
    up-servers) up_servers ;;
    stop) stop_all ;;
    *) sed -n '2,/^set/p' "${BASH_SOURCE[0]}" | sed -n 's/^# \{0,1\}//p' && exit 2 ;;
esac
