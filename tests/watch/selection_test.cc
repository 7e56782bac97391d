#include "src/watch/selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace quorate::watch {
namespace {

// The lengths of the runs that the wire form of so many events consists of.
std::vector<size_t> EncodedRuns(size_t events, bool shared) {
  Event event;
  event.change.record = base::Buffer::Copy(std::string(100, 'x'));
  const std::vector<const Event*> hits(events, &event);
  const GroupSelection selection(hits, 0, hits.size(), /*kind=*/0, shared);
  EXPECT_GE(selection.bytes(), selection.Encoded().size());
  EXPECT_LE(selection.bytes(), 2 * selection.Encoded().size());
  std::vector<size_t> runs;
  selection.Encoded().ForEach([&](std::string_view run) { runs.push_back(run.size()); });
  return runs;
}

TEST(SelectionTest, SmallEventsForSeveralWatchersAreJoined) {
  EXPECT_EQ(EncodedRuns(2000, true).size(), 1u);
  EXPECT_GT(EncodedRuns(2000, false).size(), 1u);
}

TEST(SelectionTest, LongWireFormsStayInPieces) {
  const std::vector<size_t> runs = EncodedRuns(20'000, true);
  EXPECT_LT(*std::max_element(runs.begin(), runs.end()), size_t{1} << 20);
}

}  // namespace
}  // namespace quorate::watch
