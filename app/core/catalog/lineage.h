#pragma once

/// Where a table's rows come from and where they go: through views, foreign tables and the nodes behind them. Read node
/// by node (LineageReader), each for one table at a time, as far as the person may see; what cannot be asked is said
/// and left out. Values.

#include "app/core/catalog/catalog_model.h"
#include "app/core/mesh/mesh.h"
#include "app/core/session/rows_query.h"

#include <QObject>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace tessera::app {

struct Lineage {
    struct Item {
        /// Of a source's own table the node that reads it.
        CatalogModel::TablePlace place;
        CatalogKind kind = CatalogKind::kTable;
        /// The source whose table it is; empty for what a node has.
        QString source;
    };

    std::vector<Item> items;
    /// From what is read to what reads it, as indexes of items.
    std::vector<std::pair<int, int>> edges;
    /// The table that was asked for.
    int start = 0;
    /// There is more than was read.
    bool is_cut = false;
    /// What could not be asked, in words.
    QStringList problems;

    /// What reads the table, directly or not.
    std::vector<int> usersOf(int item) const;
};

class LineageReader : public QObject {
    Q_OBJECT

  public:
    static constexpr std::size_t kItemsMax = 300;

    explicit LineageReader(QObject* parent = nullptr);

    /// Cancels another reading.
    void read(std::shared_ptr<const Mesh> mesh, const CatalogModel::TablePlace& place);

    bool isReading() const { return is_reading_; }

    const Lineage& lineage() const { return lineage_; }

  Q_SIGNALS:
    void finished();

  private:
    enum class Direction { kUp, kDown, kBoth };

    struct Step {
        CatalogModel::TablePlace place;
        Direction direction = Direction::kUp;
        /// Whose foreign tables are looked for at the node of `place`, instead; else empty.
        QString copies_of_node;
        std::vector<CatalogModel::TablePlace> copies_of;
    };

    void next();
    void ask(const Step& step);
    void take(const Step& step, const RowsQuery::Rows& rows);
    void takeCopies(const Step& step, const RowsQuery::Rows& rows);
    int itemOf(const Lineage::Item& item);
    void connectItems(int from, int to);
    void follow(const CatalogModel::TablePlace& place, Direction direction);
    void lookForCopies(const QString& node, const std::vector<CatalogModel::TablePlace>& places);

    std::shared_ptr<const Mesh> mesh_;
    Lineage lineage_;
    std::deque<Step> steps_;
    std::map<QString, int> numbers_;
    std::set<QString> followed_;
    std::set<std::pair<int, int>> edges_;
    bool is_reading_ = false;
    RowsQuery query_;
};

}  // namespace tessera::app
