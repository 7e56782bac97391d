#include "src/api/request_statistics.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace quorate::api {
namespace {

std::map<std::string, uint64_t> Counted(const ClientVersions& versions) {
  std::map<std::string, uint64_t> counted;
  versions.ForEach([&](const std::string& version, uint64_t count) { counted[version] += count; });
  return counted;
}

TEST(ClientVersionsTest, CountsByVersion) {
  ClientVersions versions;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(versions.Count("3.7"));
  EXPECT_TRUE(versions.Count("unknown"));
  EXPECT_EQ(Counted(versions), (std::map<std::string, uint64_t>{{"3.7", 3}, {"unknown", 1}}));
}

TEST(ClientVersionsTest, RefusesWhatIsNotText) {
  ClientVersions versions;
  EXPECT_FALSE(versions.Count("\xff"));
  EXPECT_TRUE(Counted(versions).empty());
}

TEST(ClientVersionsTest, ManyVersionsCountAsOther) {
  ClientVersions versions;
  const size_t different = ClientVersions::kVersionsMax + 10;
  for (size_t i = 0; i < different; ++i) EXPECT_TRUE(versions.Count("v" + std::to_string(i)));
  EXPECT_TRUE(versions.Count("v0"));
  const auto counted = Counted(versions);
  EXPECT_EQ(counted.size(), ClientVersions::kVersionsMax + 1);
  EXPECT_EQ(counted.at("other"), 10u);
  EXPECT_EQ(counted.at("v0"), 2u);
}

TEST(LatencyHistogramTest, FindsTheBucket) {
  base::LatencyHistogram<3, 1000> histogram;  // 1, 2, 4 us
  histogram.Observe(std::chrono::nanoseconds(1000));
  histogram.Observe(std::chrono::nanoseconds(1001), 2);
  histogram.Observe(std::chrono::nanoseconds(4000));
  histogram.Observe(std::chrono::nanoseconds(5000));
  EXPECT_EQ(histogram.bucket(0), 1u);
  EXPECT_EQ(histogram.bucket(1), 2u);
  EXPECT_EQ(histogram.bucket(2), 1u);
  EXPECT_EQ(histogram.bucket(3), 1u);
  EXPECT_DOUBLE_EQ(histogram.BoundSeconds(2), 4e-6);
  EXPECT_DOUBLE_EQ(histogram.seconds(), 12002e-9);
}

}  // namespace
}  // namespace quorate::api
