#include "app/core/catalog/mesh_names.h"

namespace tessera::app {

void MeshNames::setMesh(const Mesh& mesh) {
    readers_.clear();
    for (const MeshNode& node : mesh.nodes) {
        if (!node.client) {
            continue;
        }
        const QString name = QString::fromStdString(node.name);
        auto reader = std::make_unique<NamesReader>(node.client);
        connect(reader.get(), &NamesReader::namesChanged, this, [this, name] { Q_EMIT namesChanged(name); });
        readers_[name] = std::move(reader);
    }
}

void MeshNames::request(const QString& node) {
    if (const auto found = readers_.find(node); found != readers_.end() && !found->second->names()) {
        found->second->read();
    }
}

void MeshNames::refresh(const QString& node) {
    if (const auto found = readers_.find(node); found != readers_.end()) {
        found->second->readAnew();
    }
}

void MeshNames::setPaused(const QString& node, bool is_paused) {
    if (const auto found = readers_.find(node); found != readers_.end()) {
        found->second->setPaused(is_paused);
    }
}

std::shared_ptr<const NameIndex> MeshNames::names(const QString& node) const {
    const auto found = readers_.find(node);
    return found == readers_.end() ? nullptr : found->second->names();
}

}  // namespace tessera::app
