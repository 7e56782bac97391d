// Http2Session: its rounds over all streams, for those that stand still because of the client.

#include <utility>

#include "src/rpc/http2_session.h"

namespace quorate::rpc {

void Http2Session::CheckStalls() {
  if (streams_ == nullptr || connection_->is_closed()) {
    in_stall_round_ = false;
    return;
  }
  if (!std::exchange(in_stall_round_, true)) {
    stall_next_ = streams_;
    connection_moves_ = uptake_.IsEnough(static_cast<size_t>(queued_bytes_));
  }
  for (int left = kStallsChecked; left > 0 && stall_next_ != nullptr && !connection_->is_closed(); --left) {
    // Gone on from before, since a stream that ends leaves the list.
    CheckStall(std::exchange(stall_next_, stall_next_->next_));
  }
  if (connection_->is_closed()) return;
  in_stall_round_ = stall_next_ != nullptr;
  const int64_t pause_ms = in_stall_round_ ? 1 : loop().server().options.stall_check_interval.count();
  loop().timers().Schedule(&stall_timer_, loop().now_ms() + pause_ms);
}

void Http2Session::CheckStall(Http2Stream* stream) {
  // An answer may wait its turn behind others; not so one whose own window is shut.
  const bool answer_waits =
      stream->queue_.bytes() > 0 &&
      (!connection_moves_ || nghttp2_session_get_stream_remote_window_size(session_, stream->id_) <= 0);
  const bool answer_stalls = answer_waits && !stream->uptake_.IsEnough(stream->queue_.weight());
  if (!answer_waits) stream->uptake_.BeginAnew();
  stream->untaken_rounds_ = answer_stalls ? stream->untaken_rounds_ + 1 : 0;
  stream->awaited_rounds_ = stream->AwaitsRequest() ? stream->awaited_rounds_ + 1 : 0;
  if (stream->untaken_rounds_ <= kAnswerRoundsMax && stream->awaited_rounds_ <= kRequestRoundsMax) return;
  if (connection_->is_write_blocked()) {
    connection_->Close();  // a reset would not arrive either
  } else {
    Reset(stream->id_, NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

}  // namespace quorate::rpc
