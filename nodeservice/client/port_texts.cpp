#include "nodeservice/client/port_texts.h"

namespace tessera::client {

std::vector<PortText> portTexts(const LocalPort& port) {
    const std::string number = std::to_string(port.port);
    const std::string target = " port=" + number + " dbname=" + port.database + " user=" + port.user + "\"";
    return {
        {"psql", "psql \"host=127.0.0.1" + target, ""},
        {"psql, socket", "psql \"host=" + port.socket_directory + target, "no password"},
        {"pgpass", "127.0.0.1:" + number + ":" + port.database + ":" + port.user + ":" + port.password, ""},
        {"JDBC",
         "jdbc:postgresql://127.0.0.1:" + number + "/" + port.database + "?user=" + port.user +
             "&password=" + port.password + "&sslmode=disable",
         ""},
        {"ODBC",
         "Driver={PostgreSQL Unicode};Server=127.0.0.1;Port=" + number + ";Database=" + port.database +
             ";Uid=" + port.user + ";Pwd=" + port.password + ";SSLmode=disable",
         ""},
        {"SQLAlchemy",
         "postgresql+psycopg2://" + port.user + ":" + port.password + "@127.0.0.1:" + number + "/" + port.database, ""},
        {"dbt",
         "type: postgres\nhost: 127.0.0.1\nport: " + number + "\ndbname: " + port.database + "\nuser: " + port.user +
             "\npassword: \"" + port.password + "\"\nschema: public",
         ""},
    };
}

}  // namespace tessera::client
