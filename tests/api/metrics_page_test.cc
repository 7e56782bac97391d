#include "src/api/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(MetricsPageTest, WritesFamiliesByName) {
  MetricsPage page;
  page.Gauge("b_gauge", "About b.", 2);
  page.Counter("a_total", "About a.", 1, {{"kind", "x"}});
  page.Counter("a_total", "", 3, {{"kind", "y\"z"}});
  EXPECT_EQ(page.Text(),
            "# HELP a_total About a.\n# TYPE a_total counter\na_total{kind=\"x\"} 1\na_total{kind=\"y\\\"z\"} 3\n"
            "# HELP b_gauge About b.\n# TYPE b_gauge gauge\nb_gauge 2\n");
}

TEST(MetricsPageTest, HistogramBucketsAreCumulative) {
  MetricsPage page;
  page.Histogram("h", "", {0.5, 1}, {1, 2, 4}, 7.5);
  const std::string text = page.Text();
  EXPECT_THAT(text, HasSubstr("h_count 7\n"));
  EXPECT_THAT(text, HasSubstr("h_sum 7.5\n"));
  EXPECT_THAT(text, HasSubstr("h_bucket{le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("h_bucket{le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("h_bucket{le=\"+Inf\"} 7\n"));
}

TEST(ProbeProcessTest, ShowsTheProcess) {
  MetricsPage page;
  ProbeProcess(page);
  const std::string text = page.Text();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_start_time_seconds", "process_open_fds", "process_max_fds", "os_fd_used",
                           "os_fd_limit", "process_network_receive_bytes_total"}) {
    EXPECT_THAT(text, ContainsRegex(std::string("\n") + name + " [0-9]")) << name;
  }
}

}  // namespace
}  // namespace quorate::api
