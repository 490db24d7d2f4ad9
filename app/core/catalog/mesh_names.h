#pragma once

/// The names of every node of the mesh, each read when it is first asked for. GUI thread.

#include "app/core/catalog/names_reader.h"
#include "app/core/mesh/mesh.h"

#include <QObject>
#include <QString>
#include <map>
#include <memory>

namespace tessera::app {

class MeshNames : public QObject {
    Q_OBJECT

  public:
    using QObject::QObject;

    /// Forgets what was read.
    void setMesh(const Mesh& mesh);

    /// Reads the node's names unless they are there or on their way. Unknown nodes are passed over.
    void request(const QString& node);
    /// Reads them again: they may have changed.
    void refresh(const QString& node);

    /// As long as somebody waits for another answer of the node, its names come no further.
    void setPaused(const QString& node, bool is_paused);

    /// Null until they were read.
    std::shared_ptr<const NameIndex> names(const QString& node) const;

  Q_SIGNALS:
    void namesChanged(const QString& node);

  private:
    std::map<QString, std::unique_ptr<NamesReader>> readers_;
};

}  // namespace tessera::app
