#include "app/core/shards/shards_watch.h"

#include <algorithm>
#include <utility>

namespace tessera::app {

namespace {

/// A node that is older has no such views: it knows of no sharded tables.
bool lacksTheViews(const Error& error) {
    return error.sqlstate == "42P01" || error.sqlstate == "3F000";
}

}  // namespace

ShardsWatch::ShardsWatch(QObject* parent) : QObject(parent) {
    timer_.setInterval(kInterval_ms);
    connect(&timer_, &QTimer::timeout, this, &ShardsWatch::refresh);
}

void ShardsWatch::setMesh(std::shared_ptr<const Mesh> mesh) {
    mesh_ = std::move(mesh);
    asked_.clear();
    asked_.resize(mesh_->nodes.size());
    for (std::size_t node = 0; node < asked_.size(); ++node) {
        asked_[node].query = std::make_unique<RowsQuery>();
        asked_[node].error = mesh_->nodes[node].client ? Error{} : mesh_->nodes[node].error;
    }
    picture_ = {};
    Q_EMIT changed();
    if (timer_.isActive()) {
        refresh();
    }
}

void ShardsWatch::start() {
    if (!timer_.isActive()) {
        timer_.start();
        refresh();
    }
}

void ShardsWatch::stop() {
    timer_.stop();
}

void ShardsWatch::refresh() {
    for (std::size_t node = 0; node < asked_.size(); ++node) {
        if (mesh_->nodes[node].client && !asked_[node].query->isRunning()) {
            ask(node);
        }
    }
}

void ShardsWatch::ask(std::size_t node) {
    asked_[node].query->run(mesh_->nodes[node].client, shardMapRequest(),
                            [this, node](const Result<RowsQuery::Rows>& rows) { onAnswer(node, rows); });
}

void ShardsWatch::onAnswer(std::size_t node, const Result<RowsQuery::Rows>& rows) {
    Asked& asked = asked_[node];
    asked.error = {};
    asked.has_map = rows.has_value();
    if (rows) {
        asked.answer = readShardAnswer(*rows);
    } else if (lacksTheViews(rows.error())) {
        asked.answer = ShardAnswer{};
    } else {
        asked.answer.reset();
        asked.error = rows.error();
    }
    std::vector<std::pair<QString, ShardAnswer>> answers;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        if (asked_[i].answer) {
            answers.emplace_back(QString::fromStdString(mesh_->nodes[i].name), *asked_[i].answer);
        }
    }
    picture_ = shardPicture(answers);
    if (const int interval_ms = picture_.isMoving() ? kIntervalOfMoves_ms : kInterval_ms;
        interval_ms != timer_.interval()) {
        timer_.setInterval(interval_ms);
    }
    Q_EMIT changed();
}

bool ShardsWatch::isComplete() const {
    return std::all_of(asked_.begin(), asked_.end(),
                       [](const Asked& asked) { return asked.answer || !asked.error.message.empty(); });
}

std::vector<std::pair<QString, Error>> ShardsWatch::problems() const {
    std::vector<std::pair<QString, Error>> problems;
    for (std::size_t node = 0; node < asked_.size(); ++node) {
        if (!asked_[node].error.message.empty()) {
            problems.emplace_back(QString::fromStdString(mesh_->nodes[node].name), asked_[node].error);
        }
    }
    return problems;
}

const MeshNode* ShardsWatch::answering() const {
    for (std::size_t node = 0; node < asked_.size(); ++node) {
        if (asked_[node].has_map) {
            return &mesh_->nodes[node];
        }
    }
    return nullptr;
}

}  // namespace tessera::app
