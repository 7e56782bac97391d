#include "src/utl/progress_bar.h"

#include <algorithm>

#include "quorate/ctl/tool.h"

namespace quorate::utl {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr uint64_t kCells = 30;

}  // namespace

void ProgressBar::Show(const std::string& label, uint64_t done, uint64_t total) {
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - drawn_at_ < kRedraw) return;
  done = std::min(done, total);
  const double share = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  const auto filled = static_cast<size_t>(share * kCells);
  out_ << "\r\x1b[K" << label << " [" << std::string(filled, '=') << std::string(kCells - filled, ' ') << "] "
       << static_cast<int>(share * 100) << "% of " << ctl::ShowBytes(total) << std::flush;
  drawn_ = true;
  drawn_at_ = now;
}

void ProgressBar::Clear() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

}  // namespace quorate::utl
