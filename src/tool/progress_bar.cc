#include "quorate/tool/progress_bar.h"

#include <algorithm>
#include <ostream>
#include <string>

#include "quorate/tool/values.h"

namespace quorate::tool {
namespace {

constexpr size_t kBarCells = 40;
constexpr std::chrono::milliseconds kRedrawInterval(100);

}  // namespace

ProgressBar::ProgressBar(std::ostream* terminal, Unit unit)
    : terminal_(terminal), unit_(unit), start_(std::chrono::steady_clock::now()), next_(start_) {}

ProgressBar::~ProgressBar() {
  if (drawn_) *terminal_ << "\n" << std::flush;
}

void ProgressBar::Show(uint64_t done, uint64_t total) {
  auto now = std::chrono::steady_clock::now();
  if (terminal_ == nullptr || (now < next_ && done < total)) return;
  next_ = now + kRedrawInterval;
  drawn_ = true;
  auto shown = [this](uint64_t amount) { return unit_ == Unit::kBytes ? FormatBytes(amount) : std::to_string(amount); };
  double share = total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  auto full = static_cast<size_t>(share * static_cast<double>(kBarCells));
  double seconds = std::chrono::duration<double>(now - start_).count();
  uint64_t rate = seconds > 0 ? static_cast<uint64_t>(static_cast<double>(done) / seconds) : 0;
  *terminal_ << "\r" << shown(done) << " / " << shown(total) << " [" << std::string(full, '-')
             << std::string(kBarCells - full, '_') << "] " << static_cast<int>(share * 100) << "% " << shown(rate)
             << "/s\x1b[K" << std::flush;
}

}  // namespace quorate::tool
