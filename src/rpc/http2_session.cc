#include "src/rpc/http2_session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <memory>

#include "quorate/base/check.h"
#include "src/rpc/grpc_call.h"
#include "src/rpc/grpc_status.h"
#include "src/rpc/http2_callbacks.h"
#include "src/rpc/http2_exchange.h"

namespace quorate::rpc {
namespace {

constexpr std::array<uint8_t, 8> kDrainPing = {'q', 'd', 'r', 'a', 'i', 'n', 0, 1};
constexpr std::array<uint8_t, 8> kKeepalivePing = {'q', 'k', 'e', 'e', 'p', 0, 0, 1};

nghttp2_nv MakeHeader(std::string_view name, std::string_view value, uint8_t flags) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(), flags};
}

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

}  // namespace

nghttp2_nv StaticHeader(std::string_view name, std::string_view value) {
  return MakeHeader(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE);
}

nghttp2_nv CopiedHeader(std::string_view name, std::string_view value) {
  return MakeHeader(name, value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_INDEX);
}

Http2Session::Http2Session(Connection* connection)
    : connection_(connection),
      ping_policy_(connection->loop().server().options.keepalive_time_min),
      stall_timer_(this),
      keepalive_timer_(this),
      drain_timer_(this) {
  nghttp2_option* raw = nullptr;
  QUORATE_CHECK(nghttp2_option_new(&raw) == 0);
  const std::unique_ptr<nghttp2_option, OptionDeleter> option(raw);
  nghttp2_option_set_no_auto_window_update(raw, 1);
  nghttp2_option_set_no_closed_streams(raw, 1);
  // RequestHeaders looks at what has to be looked at.
  nghttp2_option_set_no_http_messaging(raw, 1);
  nghttp2_option_set_max_outbound_ack(raw, kOutboundAcksMax);
  nghttp2_option_set_max_settings(raw, kSettingsEntriesMax);
  // The frame guard counts resets, and ends the connection with the error that is due.
  nghttp2_option_set_stream_reset_rate_limit(raw, UINT32_MAX, UINT32_MAX);
  QUORATE_CHECK(nghttp2_session_server_new2(&session_, Http2CallbackTable(), this, raw) == 0);

  const ServerOptions& options = loop().server().options;
  std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderListBytesMax},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.concurrent_streams_max},
  }};
  const size_t count = options.concurrent_streams_max == UINT32_MAX ? settings.size() - 1 : settings.size();
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), count);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
  if (options.keepalive_interval.count() > 0) {
    loop().timers().Schedule(&keepalive_timer_, loop().now_ms() + options.keepalive_interval.count());
  }
}

Http2Session::~Http2Session() {
  TearDown(stream_count_);
  nghttp2_session_del(session_);
}

bool Http2Session::TearDown(size_t calls_max) {
  broken_ = true;  // so that nothing is submitted any more, and no stream found
  for (; calls_max > 0 && streams_ != nullptr; --calls_max) OnClosed(streams_, NGHTTP2_CANCEL);
  return streams_ == nullptr;
}

bool Http2Session::OnBytes(std::string_view bytes) {
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken == NGHTTP2_ERR_FLOODED) CutOff("too_many_frames");
  if (taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) CutOff("too_many_continuations");
  if (taken < 0) broken_ = true;
  skipped_bytes_ += static_cast<int64_t>(bytes.size());
  if (skipped_bytes_ > 0 && !frame_guard_.OnSkipped(loop().now_ms(), std::exchange(skipped_bytes_, 0))) {
    CutOff("too_many_skipped_bytes");
  }
  if (unreturned_bytes_ > 0) {
    nghttp2_session_consume_connection(session_, unreturned_bytes_);
    unreturned_bytes_ = 0;
  }
  return !broken_ && !cut_off_;
}

bool Http2Session::Fill(Output* output) {
  output_ = output;
  while (!output->full()) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size < 0) broken_ = true;
    if (size <= 0) break;
    output->Append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  output_ = nullptr;
  if (broken_) return false;
  if (draining_ == Draining::kLast && stream_count_ == 0 && nghttp2_session_want_write(session_) == 0) return false;
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

void Http2Session::OnFlushed() {
  if (waiting_for_room_.empty()) return;
  // Many may have got room at once, when their windows were opened together.
  const auto end = std::chrono::steady_clock::now() + loop().flush_share().time();
  // Only those of now: who asks again has its turn after the next flush.
  size_t left = waiting_for_room_.size();
  do {
    Http2Stream* stream = Find(waiting_for_room_.front());
    waiting_for_room_.pop_front();
    if (stream != nullptr) stream->OnRoom();
  } while (--left > 0 && std::chrono::steady_clock::now() < end);
  if (!waiting_for_room_.empty()) MarkDirty();
}

Http2Stream* Http2Session::Find(int32_t stream) {
  if (broken_) return nullptr;
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_, stream));
}

void Http2Session::Complete(int32_t stream, absl::Status status, base::Payload message) {
  if (Http2Stream* found = Find(stream); found != nullptr) found->Complete(std::move(status), std::move(message));
}

void Http2Session::CompleteHttp(int32_t stream, HttpResponse response) {
  if (Http2Stream* found = Find(stream); found != nullptr) found->CompleteHttp(std::move(response));
}

Stream* Http2Session::FindStream(int32_t stream) {
  Http2Stream* found = Find(stream);
  return found == nullptr ? nullptr : found->stream();
}

std::shared_ptr<const std::atomic<bool>> Http2Session::Abandoned(int32_t stream) {
  Http2Stream* found = Find(stream);
  return found == nullptr ? nullptr : found->Abandoned();
}

void Http2Session::Attach(Http2Stream* stream, int32_t id) {
  stream->session_ = this;
  stream->id_ = id;
  stream->previous_ = nullptr;
  stream->next_ = streams_;
  if (streams_ != nullptr) streams_->previous_ = stream;
  streams_ = stream;
  if (stream_count_++ == 0) connection_->SetIdle(false);
  stream->untaken_rounds_ = stream->awaited_rounds_ = 0;
  stream->uptake_.BeginAnew();
  loop().load().AddCalls(1);
  if (!stall_timer_.scheduled()) {
    loop().timers().Schedule(&stall_timer_, loop().now_ms() + loop().server().options.stall_check_interval.count());
  }
  nghttp2_session_set_stream_user_data(session_, id, stream);
  // One frame of each answer in turn: none waits for the end of an older one. Whatever the client says of it.
  constexpr nghttp2_extpri kInTurn = {.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY, .inc = 1};
  nghttp2_session_change_extpri_stream_priority(session_, id, &kInTurn, 1);
}

void Http2Session::Detach(Http2Stream* stream) {
  if (stream->previous_ != nullptr) stream->previous_->next_ = stream->next_;
  if (stream->next_ != nullptr) stream->next_->previous_ = stream->previous_;
  if (streams_ == stream) streams_ = stream->next_;
  if (stall_next_ == stream) stall_next_ = stream->next_;
  if (--stream_count_ == 0) connection_->SetIdle(true);
  loop().load().AddCalls(-1);
}

void Http2Session::OnClosed(Http2Stream* stream, uint32_t error_code) {
  Detach(stream);
  stream->DropQueued();
  stream->OnStreamClosed(error_code);
  if (stream->pooled_) {
    loop().KeepCall(std::unique_ptr<GrpcCall>(static_cast<GrpcCall*>(stream)));
  } else {
    delete stream;
  }
}

void Http2Session::CountQueued(int64_t bytes) {
  queued_bytes_ += bytes;
  loop().load().AddQueued(bytes);
  if (queued_bytes_ > has_room_below_) return;
  has_room_below_ = -1;
  has_no_room_until_->store({}, std::memory_order_relaxed);
}

void Http2Session::CountUnary(int64_t change) {
  const bool was_busy = unary_calls_ > 0;
  unary_calls_ += change;
  if (was_busy != (unary_calls_ > 0)) loop().load().AddBusyConnections(was_busy ? -1 : 1);
}

void Http2Session::CountReceived(int64_t bytes) {
  received_bytes_ += bytes;
  loop().load().AddReceived(bytes);
}

bool Http2Session::HoldsTooMuch() const {
  Loop& loop = connection_->loop();
  return queued_bytes_ > loop.server().options.connection_queued_bytes_max ||
         (loop.too_many_queued() && queued_bytes_ > kModestBytes) ||
         (loop.too_many_calls() && stream_count_ > kModestCalls) || ReceivedTooMuch();
}

bool Http2Session::ReceivedTooMuch() const {
  Loop& loop = connection_->loop();
  return received_bytes_ > loop.server().options.connection_received_bytes_max ||
         (loop.too_many_received() && received_bytes_ > kModestBytes);
}

bool Http2Session::IsTooMuchToQueue(size_t bytes) const {
  const ServerOptions& limits = connection_->loop().server().options;
  const auto size = static_cast<int64_t>(bytes);
  const int64_t total = connection_->loop().queued_bytes();
  return (queued_bytes_ > 0 && queued_bytes_ + size > limits.connection_queued_bytes_max) ||
         (total + size > limits.queued_bytes_max && queued_bytes_ + size > kModestBytes);
}

// A client that has taken an eighth of what waits is read for again; and after a while, too, since it may be others who
// left no room, and what waits on one stream for ever. One that has little waiting may have its next answer.
void Http2Session::OnAnswerRefused() {
  constexpr std::chrono::seconds kPause{1};
  if (queued_bytes_ <= kModestBytes) return;
  has_room_below_ = queued_bytes_ - queued_bytes_ / 8;
  has_no_room_until_->store(loop().now() + kPause, std::memory_order_relaxed);
}

void Http2Session::OnHeader(std::string_view name, std::string_view value) {
  headers_.Add(name, value, *loop().server().registry);
}

void Http2Session::OnRequest(int32_t id) {
  if (headers_.is_malformed) {
    headers_.Reset();
    Reset(id, NGHTTP2_PROTOCOL_ERROR);
    return;
  }
  if (headers_.content_type == RequestHeaders::ContentType::kGrpc) {
    GrpcCall* call = loop().TakeCall().release();
    Attach(call, id);
    call->Begin(&headers_);
    return;
  }
  const bool wants_grpc =
      headers_.content_type == RequestHeaders::ContentType::kMalformedGrpc || headers_.grpc_method != nullptr;
  if (wants_grpc) {
    RefuseContentType(id);
    headers_.Reset();
    return;
  }
  auto* exchange = new Http2Exchange();
  Attach(exchange, id);
  exchange->Begin(headers_);
  headers_.Reset();
}

void Http2Session::RefuseContentType(int32_t id) {
  const std::string message =
      EncodedStatusMessage("invalid gRPC request content-type \"" + headers_.content_type_text + "\"");
  const std::array<nghttp2_nv, 4> headers = {
      StaticHeader(":status", "415"), StaticHeader("content-type", "application/grpc"),
      StaticHeader("grpc-status", StatusText(absl::StatusCode::kInvalidArgument)),
      CopiedHeader("grpc-message", message)};
  nghttp2_submit_response(session_, id, headers.data(), headers.size(), nullptr);
}

void Http2Session::SubmitAnswer(Http2Stream* stream, const nghttp2_nv* headers, size_t count, bool has_body) {
  if (broken_) return;
  nghttp2_data_provider provider;
  provider.source.ptr = stream;
  provider.read_callback = Http2Callbacks::ReadBody;
  nghttp2_submit_response(session_, stream->id_, headers, count, has_body ? &provider : nullptr);
  loop().MarkDirty(connection_);
}

void Http2Session::SubmitTrailers(int32_t stream, const nghttp2_nv* headers, size_t count) {
  if (!broken_) nghttp2_submit_trailer(session_, stream, headers, count);
}

void Http2Session::ResumeData(Http2Stream* stream) {
  if (broken_) return;
  if (std::exchange(stream->deferred_, false)) nghttp2_session_resume_data(session_, stream->id_);
  loop().MarkDirty(connection_);
}

void Http2Session::Reset(int32_t stream, uint32_t error_code) {
  if (broken_) return;
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error_code);
  loop().MarkDirty(connection_);
}

void Http2Session::ReturnWindow(int32_t stream, size_t bytes) {
  if (broken_ || bytes == 0) return;
  nghttp2_session_consume_stream(session_, stream, bytes);
}

size_t Http2Session::backlog_bytes() const {
  return static_cast<size_t>(queued_bytes_) + nghttp2_session_get_outbound_queue_size(session_) * kQueuedFrameBytes;
}

void Http2Session::CutOff(std::string_view reason) {
  if (std::exchange(cut_off_, true)) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_ENHANCE_YOUR_CALM, reinterpret_cast<const uint8_t*>(reason.data()), reason.size());
  connection_->CloseWhenFlushed();
}

void Http2Session::OnIdleFrame() {
  if (!frame_guard_.OnIdleFrame(loop().now_ms())) CutOff("too_many_frames");
}

void Http2Session::OnSettings() {
  if (!frame_guard_.OnSettings(loop().now_ms(), stream_count_)) CutOff("too_many_frames");
}

void Http2Session::OnReset() {
  if (!frame_guard_.OnReset(loop().now_ms())) CutOff("too_many_resets");
}

void Http2Session::OnPing(const nghttp2_ping& ping, bool is_ack) {
  if (is_ack) {
    if (std::memcmp(ping.opaque_data, kDrainPing.data(), kDrainPing.size()) == 0) FinishDrain();
    return;
  }
  if (ping_policy_.OnPing(loop().now_ms(), stream_count_ > 0)) return;
  CutOff("too_many_pings");
}

void Http2Session::CheckKeepalive() {
  const ServerOptions& options = loop().server().options;
  const int64_t interval_ms = options.keepalive_interval.count();
  const int64_t now_ms = loop().now_ms();
  const int64_t received_ms = connection_->received_ms();
  if (ping_sent_ms_ != 0 && received_ms >= ping_sent_ms_) ping_sent_ms_ = 0;
  if (ping_sent_ms_ == 0 && now_ms - received_ms >= interval_ms) {
    nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kKeepalivePing.data());
    loop().MarkDirty(connection_);
    ping_sent_ms_ = now_ms;
  }
  int64_t due_ms = received_ms + interval_ms;
  if (ping_sent_ms_ != 0) {
    const int64_t patience_ms = ping_sent_ms_ + options.keepalive_timeout.count();
    if (now_ms >= patience_ms) {
      connection_->Close();  // nothing at all since the ping
      return;
    }
    due_ms = std::min(now_ms + interval_ms, patience_ms);
  }
  loop().timers().Schedule(&keepalive_timer_, due_ms);
}

// As grpc-go: first a GOAWAY that refuses nothing yet, so that a call already on its way here is still taken, and after
// a round trip the one that counts.
void Http2Session::BeginDrain() {
  if (draining_ != Draining::kNo) return;
  draining_ = Draining::kNoticed;
  nghttp2_submit_shutdown_notice(session_);
  loop().timers().Schedule(&drain_timer_, loop().now_ms() + kDrainNoticeMs);
}

// The ping must not overtake the warning, as the library's queues would have it.
void Http2Session::OnGoawaySent() {
  if (draining_ == Draining::kNoticed) nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, kDrainPing.data());
}

void Http2Session::FinishDrain() {
  if (draining_ != Draining::kNoticed) return;
  draining_ = Draining::kLast;
  loop().timers().Cancel(&drain_timer_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  loop().MarkDirty(connection_);
}

}  // namespace quorate::rpc
