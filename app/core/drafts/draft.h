#pragma once

/// What is kept of a window's tabs. Values.

#include <QString>
#include <vector>

namespace tessera::app {

struct Draft {
    QString title;
    QString text;
    /// The node the tab's statements run on.
    QString node;
    /// Its file, if it has one, with the encoding and the digest (hexadecimal) of what was last read or written.
    QString file = {};
    QString encoding = {};
    QString digest = {};
    /// The saved query it is the text of, at its revision; 0 for none.
    qint64 saved_query = 0;
    qint64 revision = 0;
    /// The text is not what was last read or written.
    bool is_modified = false;
    /// Its tab was closed: it is kept for who wants it back.
    bool is_closed = false;

    bool operator==(const Draft&) const = default;
};

/// A tab that shows something of the mesh; nothing of what it shows is kept.
struct PageDraft {
    /// "table", "schema" or "mesh".
    QString kind;
    QString node;
    QString schema;
    QString table;
    /// Of all tabs.
    int position = 0;
    bool is_current = false;

    bool operator==(const PageDraft&) const = default;
};

/// A file of the mesh that is being written, and which the mesh has not: a job, an endpoint or a model.
struct DocumentText {
    /// "job", "endpoint" or "model".
    QString kind;
    /// As the mesh knows it, with the version that it was made from; empty and 0 for a new one.
    QString name;
    qint64 version = 0;
    /// That version's text.
    QString saved;
    QString text;
    /// Of all tabs.
    int position = 0;
    bool is_current = false;

    bool operator==(const DocumentText&) const = default;
};

struct DraftSet {
    std::vector<Draft> drafts;
    int current = 0;
    std::vector<PageDraft> pages = {};
    std::vector<DocumentText> documents = {};

    bool operator==(const DraftSet&) const = default;
};

}  // namespace tessera::app
