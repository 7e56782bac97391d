#include "src/rpc/http2_callbacks.h"

#include <algorithm>
#include <string_view>

#include "quorate/base/check.h"
#include "src/rpc/http2_session.h"

namespace quorate::rpc {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
// What RFC 9113 6.5.2 adds to each header when it counts a list's size.
constexpr uint32_t kHeaderOverheadBytes = 32;

Http2Session& SessionOf(void* user_data) { return *static_cast<Http2Session*>(user_data); }

bool IsRequest(const nghttp2_frame* frame) {
  return frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
}

std::string_view ViewOf(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

Http2Stream* StreamOf(nghttp2_session* session, int32_t id) {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

// A stream of former times: the library decodes headers that come for it, and tells nobody.
bool IsOver(nghttp2_session* session, int32_t id) {
  return id <= nghttp2_session_get_last_proc_stream_id(session) && nghttp2_session_find_stream(session, id) == nullptr;
}

}  // namespace

int Http2Callbacks::OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  Http2Session& self = SessionOf(user_data);
  self.header_bytes_ = 0;
  if (IsRequest(frame)) self.headers_.Reset();
  return 0;
}

int Http2Callbacks::OnHeader(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                             uint8_t, void* user_data) {
  Http2Session& self = SessionOf(user_data);
  const std::string_view name_bytes = ViewOf(name);
  const std::string_view value_bytes = ViewOf(value);
  self.header_bytes_ += static_cast<uint32_t>(name_bytes.size() + value_bytes.size()) + kHeaderOverheadBytes;
  if (self.header_bytes_ > Http2Session::kHeaderListBytesMax) {
    self.headers_.Reset();
    // Resets the stream; what follows of the block is decoded, for the sake of the compression state, but not shown.
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (IsRequest(frame)) self.OnHeader(name_bytes, value_bytes);
  return 0;
}

int Http2Callbacks::OnBeginFrame(nghttp2_session* session, const nghttp2_frame_hd* header, void* user_data) {
  Http2Session& self = SessionOf(user_data);
  const bool skipped = header->type == NGHTTP2_HEADERS && IsOver(session, header->stream_id);
  if (!skipped) self.skipped_bytes_ -= static_cast<int64_t>(kFrameHeaderBytes + header->length);
  switch (header->type) {
    case NGHTTP2_HEADERS:
      if (skipped) {
        self.OnIdleFrame();
      } else {
        self.frame_guard_.OnWork();
      }
      break;
    case NGHTTP2_DATA:
      if (header->length >= FrameGuard::kWorkBytesMin) {
        self.frame_guard_.OnWork();
      } else if ((header->flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        self.OnIdleFrame();
      }
      break;
    case NGHTTP2_SETTINGS:
      self.OnSettings();
      break;
    case NGHTTP2_RST_STREAM:
      self.OnReset();
      break;
    case NGHTTP2_CONTINUATION:  // few follow one HEADERS, which the library sees to
      break;
    default:
      self.OnIdleFrame();
      break;
  }
  return 0;
}

int Http2Callbacks::OnFrameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
  Http2Session& self = SessionOf(user_data);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (IsRequest(frame)) {
        self.OnRequest(frame->hd.stream_id);
      } else if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) {
        // Headers behind a body end it, or they are none.
        self.Reset(frame->hd.stream_id, NGHTTP2_PROTOCOL_ERROR);
      }
      [[fallthrough]];
    case NGHTTP2_DATA:
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        Http2Stream* stream = StreamOf(session, frame->hd.stream_id);
        if (stream != nullptr) stream->OnEnd();
      }
      break;
    case NGHTTP2_PING:
      self.OnPing(frame->ping, (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0);
      break;
    default:
      break;
  }
  return 0;
}

int Http2Callbacks::OnDataChunk(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                                void* user_data) {
  Http2Session& self = SessionOf(user_data);
  self.unreturned_bytes_ += size;
  Http2Stream* stream = StreamOf(session, id);
  if (stream == nullptr) return 0;
  const size_t taken = stream->OnData({reinterpret_cast<const char*>(data), size});
  self.ReturnWindow(id, taken);
  return 0;
}

int Http2Callbacks::OnStreamClosed(nghttp2_session* session, int32_t id, uint32_t error_code, void* user_data) {
  // The library calls this while it still knows the stream.
  if (Http2Stream* stream = StreamOf(session, id); stream != nullptr) {
    nghttp2_session_set_stream_user_data(session, id, nullptr);
    SessionOf(user_data).OnClosed(stream, error_code);
  }
  return 0;
}

int Http2Callbacks::OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
  Http2Session& self = SessionOf(user_data);
  if (frame->hd.type == NGHTTP2_GOAWAY) self.OnGoawaySent();
  if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR) self.OnReset();
  if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
  self.ping_policy_.OnAnswerSent();
  if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.length >= FrameGuard::kWorkBytesMin) self.frame_guard_.OnWork();
  // The answer is complete while the client may still be sending: tell it not to.
  const int32_t id = frame->hd.stream_id;
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && nghttp2_session_get_stream_remote_close(session, id) == 0) {
    nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
  }
  return 0;
}

ssize_t Http2Callbacks::ReadBody(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* data_flags,
                                 nghttp2_data_source* source, void*) {
  auto* stream = static_cast<Http2Stream*>(source->ptr);
  const size_t available = stream->queue_.bytes();
  const bool ends = stream->AnswerEnds();
  if (available == 0 && !ends) {
    stream->deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  const size_t size = std::min(available, length);
  *data_flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == available && ends) {
    *data_flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->SubmitTrailers()) *data_flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
  }
  return static_cast<ssize_t>(size);
}

int Http2Callbacks::SendData(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_header, size_t length,
                             nghttp2_data_source* source, void* user_data) {
  Http2Session& self = SessionOf(user_data);
  if (self.output_->full()) return NGHTTP2_ERR_WOULDBLOCK;
  auto* stream = static_cast<Http2Stream*>(source->ptr);
  self.output_->Append({reinterpret_cast<const char*>(frame_header), kFrameHeaderBytes});
  self.uptake_.Took(stream->TakeQueued(length, self.output_));
  stream->OnSent();
  return 0;
}

const nghttp2_session_callbacks* Http2CallbackTable() {
  static const nghttp2_session_callbacks* const table = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    QUORATE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, Http2Callbacks::OnBeginFrame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Http2Callbacks::OnBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback2(callbacks, Http2Callbacks::OnHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Http2Callbacks::OnFrameReceived);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Http2Callbacks::OnDataChunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Http2Callbacks::OnStreamClosed);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Http2Callbacks::OnFrameSent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, Http2Callbacks::SendData);
    return callbacks;
  }();
  return table;
}

}  // namespace quorate::rpc
