#include "nodeservice/mesh/labels.h"

#include "common/strings.h"

namespace tessera::mesh {

void keepToNodes(const ShardMap& map, ShardedTable& table) {
    table.kept_to.clear();
    for (const std::string& text : table.nodes) {
        bool is_somewhere = false;
        for (const auto& [node, labels] : map.labels) {
            if (labels.contains(text)) {
                table.kept_to.insert(node);
                is_somewhere = true;
            }
        }
        if (!is_somewhere) {
            table.kept_to.insert(text);
        }
    }
}

Batch noteLabels(const std::string& node, const std::set<std::string>& labels) {
    Batch batch = {{"DELETE FROM mesh_label WHERE node = ?", {node}}};
    for (const std::string& label : labels) {
        batch.push_back({"INSERT INTO mesh_label VALUES (?, ?)", {node, label}});
    }
    return batch;
}

Result<> checkLabels(const ShardMap& map, const ShardedTable& table) {
    std::set<std::string> known;
    for (const auto& [node, labels] : map.labels) {
        known.insert(labels.begin(), labels.end());
    }
    for (const std::string& text : table.nodes) {
        if (text.find('=') != std::string::npos && !known.contains(text)) {
            return fail(ErrorCode::kNotFound, "no node has the label '" + text + "'",
                        known.empty() ? "no node has any: 'mesh.labels' in a node's configuration says what it has"
                                      : "there are: " + join({known.begin(), known.end()}, ", "));
        }
    }
    return {};
}

}  // namespace tessera::mesh
