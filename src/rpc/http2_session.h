#pragma once

// HTTP/2 on one connection (RFC 9113), framed by nghttp2: streams, windows, pings, GOAWAY. What a stream means is the
// business of Http2Stream. Loop thread only.

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <deque>
#include <string_view>

#include "src/rpc/connection.h"
#include "src/rpc/frame_guard.h"
#include "src/rpc/http2_stream.h"
#include "src/rpc/ping_policy.h"
#include "src/rpc/request_headers.h"
#include "src/rpc/uptake.h"

namespace quorate::rpc {

// A header whose name and value outlive the call that takes it.
nghttp2_nv StaticHeader(std::string_view name, std::string_view value);
// A header whose name outlives the call; the value is copied.
nghttp2_nv CopiedHeader(std::string_view name, std::string_view value);

class Http2Session final : public Protocol {
 public:
  // See kModestBytes.
  static constexpr size_t kModestCalls = 100;

  explicit Http2Session(Connection* connection);
  ~Http2Session() override;

  bool OnBytes(std::string_view bytes) override;
  bool Fill(Output* output) override;
  void OnFlushed() override;
  void BeginDrain() override;
  bool TearDown(size_t calls_max) override;
  void Complete(int32_t stream, absl::Status status, base::Payload message) override;
  void CompleteHttp(int32_t stream, HttpResponse response) override;
  Stream* FindStream(int32_t stream) override;
  std::shared_ptr<const std::atomic<bool>> Abandoned(int32_t stream) override;
  bool IsTooMuchToQueue(size_t bytes) const override;
  void OnAnswerRefused() override;
  std::shared_ptr<const UnaryCall::Moment> HasNoRoomUntil() override { return has_no_room_until_; }
  size_t backlog_bytes() const override;

  // For streams.
  Connection& connection() { return *connection_; }
  Loop& loop() { return connection_->loop(); }
  // Sends the headers of an answer; with a body, its bytes come from the stream's queue, else the answer ends here.
  void SubmitAnswer(Http2Stream* stream, const nghttp2_nv* headers, size_t count, bool has_body);
  void SubmitTrailers(int32_t stream, const nghttp2_nv* headers, size_t count);
  void CountQueued(int64_t bytes);
  void CountReceived(int64_t bytes);
  // Whether the connection holds as much as it may, of answers and calls, of what was received; or the process does,
  // and this connection has a part in it.
  bool HoldsTooMuch() const;
  bool ReceivedTooMuch() const;
  // Unary calls in progress.
  void CountUnary(int64_t change);
  int64_t unary_calls() const { return unary_calls_; }
  int64_t received_bytes() const { return received_bytes_; }
  // A whole message came.
  void NoteMessage() { frame_guard_.OnWork(); }
  // Something was submitted.
  void MarkDirty() { loop().MarkDirty(connection_); }
  // The stream's queue has something to send again, or ends.
  void ResumeData(Http2Stream* stream);
  void Reset(int32_t stream, uint32_t error_code);
  // The far side may send that many bytes more on the stream.
  void ReturnWindow(int32_t stream, size_t bytes);
  // Asks for OnRoom after the coming flush.
  void NotifyWhenFlushed(Http2Stream* stream) { waiting_for_room_.push_back(stream->id()); }

 private:
  friend struct Http2Callbacks;

  static constexpr int32_t kStreamWindowBytes = 1 << 20;
  static constexpr int32_t kConnectionWindowBytes = 16 << 20;
  // Names, values and 32 bytes each, as RFC 9113 6.5.2 counts.
  static constexpr uint32_t kHeaderListBytesMax = 64 << 10;
  // Answers to SETTINGS and PING that wait to be sent; a far side that makes more and does not read is cut off.
  static constexpr size_t kOutboundAcksMax = 1000;
  static constexpr size_t kSettingsEntriesMax = 32;
  // What a frame costs that waits to be sent behind a socket that takes no more, and the stream it belongs to.
  static constexpr size_t kQueuedFrameBytes = 2 << 10;
  // Rounds of ServerOptions::stall_check_interval after which a request, or a stream's message, that has not come whole
  // is given up.
  static constexpr int kRequestRoundsMax = 2;
  // Streams that are looked at in a row, which takes a tenth of a millisecond.
  static constexpr int kStallsChecked = 1024;
  // The final GOAWAY follows the warning after a round trip, or this long.
  static constexpr int64_t kDrainNoticeMs = 1000;

  enum class Draining { kNo, kNoticed, kLast };

  Http2Stream* Find(int32_t stream);
  void CheckKeepalive();
  void CheckStalls();
  void CheckStall(Http2Stream* stream);
  // GOAWAY ENHANCE_YOUR_CALM with that text, and the end.
  void CutOff(std::string_view reason);
  void OnIdleFrame();
  void OnSettings();
  void OnReset();
  void FinishDrain();
  void OnGoawaySent();
  void OnHeader(std::string_view name, std::string_view value);
  void OnRequest(int32_t stream);
  void OnPing(const nghttp2_ping& ping, bool is_ack);
  void OnClosed(Http2Stream* stream, uint32_t error_code);
  void Attach(Http2Stream* stream, int32_t id);
  void Detach(Http2Stream* stream);
  void RefuseContentType(int32_t stream);

  Connection* const connection_;
  nghttp2_session* session_ = nullptr;
  RequestHeaders headers_;  // of the request being decoded; header blocks are never interleaved
  uint32_t header_bytes_ = 0;
  int64_t skipped_bytes_ = 0;    // received, less those of frames that were begun
  size_t unreturned_bytes_ = 0;  // of the connection's window
  Output* output_ = nullptr;     // while filling
  Http2Stream* streams_ = nullptr;
  size_t stream_count_ = 0;
  int64_t unary_calls_ = 0;
  int64_t queued_bytes_ = 0;  // of all streams
  const std::shared_ptr<UnaryCall::Moment> has_no_room_until_ = std::make_shared<UnaryCall::Moment>();
  int64_t has_room_below_ = -1;  // queued bytes, while it has none
  int64_t received_bytes_ = 0;   // likewise: metadata, messages that are not whole or wait, and what handlers keep
  std::deque<int32_t> waiting_for_room_;
  PingPolicy ping_policy_;
  FrameGuard frame_guard_;
  MemberTimer<Http2Session, &Http2Session::CheckStalls> stall_timer_;
  Uptake uptake_;  // of what is queued
  // Of a round that is under way: where it goes on, and whether enough of what was queued had been taken at its begin.
  bool in_stall_round_ = false;
  Http2Stream* stall_next_ = nullptr;
  bool connection_moves_ = false;
  MemberTimer<Http2Session, &Http2Session::CheckKeepalive> keepalive_timer_;
  MemberTimer<Http2Session, &Http2Session::FinishDrain> drain_timer_;
  int64_t ping_sent_ms_ = 0;  // 0: none is out
  Draining draining_ = Draining::kNo;
  bool cut_off_ = false;
  bool broken_ = false;
};

}  // namespace quorate::rpc
