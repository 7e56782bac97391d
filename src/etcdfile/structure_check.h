#pragma once

#include "quorate/base/status.h"
#include "src/etcdfile/page_file.h"

namespace quorate::etcdfile {

// Every page below the last is used once or free, and not both; leaves and branches alone are referred to; keys rise
// within a page and lie between those of the branch above. DataLoss names the first page that is wrong.
absl::Status CheckPages(const PageFile& file);

}  // namespace quorate::etcdfile
