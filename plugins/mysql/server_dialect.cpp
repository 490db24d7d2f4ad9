#include "plugins/mysql/server_dialect.h"

namespace tessera::mysql {

const char* dialectOf(std::string_view server, unsigned long version) {
    if (server.find("MariaDB") == std::string_view::npos) {
        return version >= 80004 ? "mysql_8" : "mysql_5";
    }
    return version >= 100600 ? "mysql" : version >= 100500 ? "mysql_mariadb_10_5" : "mysql_mariadb_10_2";
}

}  // namespace tessera::mysql
