// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The form for :name parameters: a field, a type and a NULL box for each, remembered as long as the tab lives. Hidden
/// while there are none. GUI thread.

#include "nodeservice/client/types.h"

#include <QString>
#include <QWidget>
#include <map>
#include <optional>
#include <string>
#include <vector>

class QGridLayout;

namespace tessera::workbench {

class ParameterBar : public QWidget {
    Q_OBJECT

  public:
    explicit ParameterBar(QWidget* parent = nullptr);

    /// The parameters of the text, each once.
    void setNames(const std::vector<std::string>& names);

    /// Values in the order of the names; none if one of them was never given: its field then has the focus.
    std::optional<std::vector<client::QueryParameter>> values(const std::vector<std::string>& names);

  private:
    struct Value {
        QString text;
        QString type;
        bool is_null = false;
        bool is_given = false;
    };

    void addRow(int row, const std::string& name);

    QGridLayout* grid_;
    std::vector<std::string> names_;
    /// Also of names that are not in the text just now.
    std::map<std::string, Value> values_;
};

}  // namespace tessera::workbench
