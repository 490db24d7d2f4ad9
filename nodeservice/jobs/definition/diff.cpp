#include "common/line_diff.h"
#include "nodeservice/jobs/definition/read.h"

namespace tessera::jobs {

std::string diffDefinitions(const Definition& before, const Definition& after) {
    return diffLines(writeDefinition(before), writeDefinition(after));
}

}  // namespace tessera::jobs
