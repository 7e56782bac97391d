#include "src/bench/connection.h"

#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "quorate/base/check.h"

namespace quorate::bench {
namespace {

constexpr int kUnavailable = 14;
// Windows so large that the generator never holds the server back.
constexpr int32_t kWindowBytes = (1 << 30) - 1;
constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kWriteBytesMax = 256 << 10;

nghttp2_nv Field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

RequestSlot* SlotOf(nghttp2_session* session, int32_t stream) {
  return static_cast<RequestSlot*>(nghttp2_session_get_stream_user_data(session, stream));
}

std::string_view View(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

ssize_t ReadRequest(nghttp2_session*, int32_t, uint8_t* out, size_t room, uint32_t* flags, nghttp2_data_source* source,
                    void*) {
  auto* slot = static_cast<RequestSlot*>(source->ptr);
  const size_t size = std::min(room, slot->request.size() - slot->request_sent);
  if (size == 0 && slot->keeps_stream) return NGHTTP2_ERR_DEFERRED;
  std::memcpy(out, slot->request.data() + slot->request_sent, size);
  slot->request_sent += size;
  if (slot->request_sent == slot->request.size() && !slot->keeps_stream) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

// The size of the message behind a whole prefix.
size_t MessageSize(std::string_view prefix) {
  size_t size = 0;
  for (size_t i = 1; i < kGrpcPrefixSize; ++i) size = size << 8 | static_cast<uint8_t>(prefix[i]);
  return size;
}

bool HoldsMessage(std::string_view text) {
  return text.size() >= kGrpcPrefixSize && text.size() - kGrpcPrefixSize >= MessageSize(text);
}

// Messages that lie whole within one chunk are passed on from there; the reply holds what is left over.
void PassOn(RequestSlot* slot, std::string_view chunk) {
  const bool left_over = !slot->reply.empty();
  if (left_over) {
    slot->reply.append(chunk);
    chunk = slot->reply;
  }
  size_t at = 0;
  while (HoldsMessage(chunk.substr(at))) {
    const size_t size = MessageSize(chunk.substr(at));
    slot->listener->OnMessage(slot, chunk.substr(at + kGrpcPrefixSize, size));
    at += kGrpcPrefixSize + size;
  }
  if (left_over) {
    slot->reply.erase(0, at);
  } else {
    slot->reply.assign(chunk.substr(at));
  }
}

}  // namespace

void WriteGrpcPrefix(std::string* text, size_t at) {
  const size_t size = text->size() - at - kGrpcPrefixSize;
  (*text)[at] = 0;
  for (size_t i = 0; i < 4; ++i) (*text)[at + 1 + i] = static_cast<char>(size >> (24 - 8 * i));
}

std::string_view RequestSlot::ReplyMessage() const {
  return reply.size() < kGrpcPrefixSize ? std::string_view() : std::string_view(reply).substr(kGrpcPrefixSize);
}

struct SessionCallbacks {
  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                      const uint8_t* value, size_t value_size, uint8_t, void*) {
    constexpr std::string_view kStatus = "grpc-status";
    constexpr std::string_view kMessage = "grpc-message";
    const std::string_view key = View(name, name_size);
    if (key != kStatus && key != kMessage) return 0;
    RequestSlot* slot = SlotOf(session, frame->hd.stream_id);
    if (slot == nullptr) return 0;
    const std::string_view text = View(value, value_size);
    if (key == kMessage) {
      slot->grpc_message = text;
    } else {
      std::from_chars(text.data(), text.data() + text.size(), slot->grpc_status);
    }
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data, size_t size, void* user) {
    RequestSlot* slot = SlotOf(session, stream);
    if (slot == nullptr) return 0;
    if (slot->listener != nullptr) {
      PassOn(slot, View(data, size));
      return 0;
    }
    slot->reply.append(View(data, size));
    if (slot->keeps_stream && slot->in_flight && HoldsMessage(slot->reply)) {
      slot->grpc_status = 0;
      End(static_cast<Connection*>(user), slot);
    }
    return 0;
  }

  static int OnClose(nghttp2_session* session, int32_t stream, uint32_t, void* user) {
    RequestSlot* slot = SlotOf(session, stream);
    if (slot == nullptr) return 0;
    slot->stream = 0;
    if (!slot->in_flight) return 0;
    // A call that was to stay open did not succeed, whatever its status says.
    if (slot->keeps_stream && slot->grpc_status == 0) slot->grpc_status = RequestSlot::kNoStatus;
    End(static_cast<Connection*>(user), slot);
    return 0;
  }

  static void End(Connection* connection, RequestSlot* slot) {
    slot->in_flight = false;
    connection->ended_.push_back(slot);
  }

  static nghttp2_session* NewSession(Connection* connection) {
    nghttp2_session_callbacks* callbacks = nullptr;
    QUORATE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0) << "out of memory";
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    nghttp2_session* session = nullptr;
    QUORATE_CHECK(nghttp2_session_client_new(&session, callbacks, connection) == 0) << "out of memory";
    nghttp2_session_callbacks_del(callbacks);
    return session;
  }
};

Connection::Connection(int fd, std::string authority)
    : fd_(fd), authority_(std::move(authority)), session_(SessionCallbacks::NewSession(this)) {
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindowBytes);
}

Connection::~Connection() {
  nghttp2_session_del(session_);
  close(fd_);
}

void Connection::Submit(RequestSlot* slot, std::string_view path) {
  QUORATE_CHECK(alive_) << "a broken connection takes no requests";
  slot->request_sent = 0;
  slot->reply.clear();
  slot->grpc_status = RequestSlot::kNoStatus;
  slot->grpc_message.clear();
  slot->in_flight = true;
  slot->active_at = active_.size();
  active_.push_back(slot);
  if (slot->keeps_stream && slot->stream != 0) {
    // Fails when the stream has not been put aside yet; it then sends the new bytes by itself.
    nghttp2_session_resume_data(session_, slot->stream);
    return;
  }
  const nghttp2_nv fields[] = {
      Field(":method", "POST"),
      Field(":scheme", "http"),
      Field(":path", path),
      Field(":authority", authority_),
      Field("te", "trailers"),
      Field("content-type", "application/grpc"),
      Field("user-agent", "quorate-bench"),
  };
  nghttp2_data_provider body = {};
  body.source.ptr = slot;
  body.read_callback = ReadRequest;
  slot->stream = nghttp2_submit_request(session_, nullptr, fields, std::size(fields), &body, slot);
  // Stream ids run out after 2^30 calls. The closed socket then ends this call like any other on the connection.
  if (slot->stream < 0) shutdown(fd_, SHUT_RDWR);
}

void Connection::Flush() {
  while (alive_) {
    if (out_at_ == out_.size()) {
      out_.clear();
      out_at_ = 0;
    }
    while (out_.size() < kWriteBytesMax) {
      const uint8_t* data = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &data);
      if (size <= 0) break;
      out_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }
    if (out_at_ == out_.size()) return;
    const ssize_t written = send(fd_, out_.data() + out_at_, out_.size() - out_at_, MSG_NOSIGNAL);
    if (written < 0) {
      // A broken connection shows itself to Receive() as well, which ends the calls.
      if (errno == EINTR) continue;
      return;
    }
    out_at_ += static_cast<size_t>(written);
  }
}

void Connection::Receive(std::vector<RequestSlot*>* done) {
  thread_local std::vector<uint8_t> buffer(kReadBytes);
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  if (size == 0) return Abort("the server closed the connection", done);
  if (size < 0) {
    if (errno != EAGAIN && errno != EINTR) Abort(std::strerror(errno), done);
    return;
  }
  const ssize_t used = nghttp2_session_mem_recv(session_, buffer.data(), static_cast<size_t>(size));
  if (used < 0) return Abort(nghttp2_strerror(static_cast<int>(used)), done);
  for (RequestSlot* slot : ended_) {
    done->push_back(slot);
    active_[slot->active_at] = active_.back();
    active_[slot->active_at]->active_at = slot->active_at;
    active_.pop_back();
  }
  ended_.clear();
  if (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0) {
    Abort("the server ended the HTTP/2 session", done);
  }
}

void Connection::Abort(std::string_view why, std::vector<RequestSlot*>* done) {
  alive_ = false;
  for (RequestSlot* slot : active_) {
    slot->in_flight = false;
    slot->stream = 0;
    slot->grpc_status = kUnavailable;
    slot->grpc_message = why;
    done->push_back(slot);
  }
  active_.clear();
}

}  // namespace quorate::bench
