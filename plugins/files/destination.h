#pragma once

/// Where and how new rows of a table become a file. Pure, but for looking whether a file is there; any thread.

#include "plugins/files/new_files.h"
#include "plugins/files/relation.h"

#include <string>

namespace tessera::files {

struct Destination {
    std::string pattern;  // the table's files, absolute
    Format format = Format::kParquet;
    NewFiles::File file;
    std::string copy_options;    // of COPY … TO
    bool empty_is_null = false;  // CSV: an empty text would be read again as NULL
};

/// A table whose path is 'folder/*.parquet' or 'folder/*.csv' (or their packed forms) takes new files; one whose path
/// is the name of a file that is not there yet takes that one. All else is refused.
Result<Destination> destinationOf(const std::string& directory, const sdk::Options& table_options);

}  // namespace tessera::files
