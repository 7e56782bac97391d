#include "src/bench/nothing_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "quorate/base/check.h"

namespace quorate::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr int kEventsMax = 256;
constexpr size_t kReadBytes = 64 << 10;
constexpr uint32_t kStreamsMax = 1 << 20;
constexpr int32_t kWindowBytes = (1 << 30) - 1;
constexpr char kEmptyMessage[5] = {};

template <size_t kName, size_t kValue>
nghttp2_nv Field(const char (&name)[kName], const char (&value)[kValue]) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name)), reinterpret_cast<uint8_t*>(const_cast<char*>(value)),
          kName - 1, kValue - 1, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

ssize_t ReadAnswer(nghttp2_session* session, int32_t stream, uint8_t* out, size_t, uint32_t* flags,
                   nghttp2_data_source*, void*) {
  std::memcpy(out, kEmptyMessage, sizeof(kEmptyMessage));
  *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  const nghttp2_nv trailers[] = {Field("grpc-status", "0")};
  nghttp2_submit_trailer(session, stream, trailers, std::size(trailers));
  return sizeof(kEmptyMessage);
}

int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
  const nghttp2_nv fields[] = {Field(":status", "200"), Field("content-type", "application/grpc")};
  nghttp2_data_provider body = {};
  body.read_callback = ReadAnswer;
  nghttp2_submit_response(session, frame->hd.stream_id, fields, std::size(fields), &body);
  return 0;
}

class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {
    nghttp2_session_callbacks* callbacks = nullptr;
    QUORATE_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0) << "out of memory";
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
    QUORATE_CHECK(nghttp2_session_server_new(&session_, callbacks, nullptr) == 0) << "out of memory";
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kWindowBytes);
  }
  ~Peer() {
    nghttp2_session_del(session_);
    close(fd_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // False when the peer is gone.
  bool Serve() {
    uint8_t bytes[kReadBytes];
    const ssize_t size = recv(fd_, bytes, sizeof(bytes), 0);
    if (size == 0) return false;
    if (size > 0 && nghttp2_session_mem_recv(session_, bytes, static_cast<size_t>(size)) < 0) return false;
    return size > 0 || errno == EAGAIN ? Flush() : errno == EINTR;
  }
  bool wants_write() const { return !out_.empty(); }

 private:
  bool Flush() {
    const uint8_t* data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      out_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }
    if (out_.empty()) return true;
    const ssize_t written = send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (written < 0) return errno == EAGAIN || errno == EINTR;
    out_.erase(0, static_cast<size_t>(written));
    return true;
  }

  const int fd_;
  nghttp2_session* session_ = nullptr;
  std::string out_;
};

void Add(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  QUORATE_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0) << std::strerror(errno);
}

}  // namespace

absl::Status NothingServer::Start() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  stop_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || epoll_ < 0 || stop_ < 0 || bind(listener_, generic, length) != 0 ||
      listen(listener_, kBacklog) != 0 || getsockname(listener_, generic, &length) != 0) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, std::string("cannot listen: ") + std::strerror(errno));
  }
  url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  Add(epoll_, listener_);
  Add(epoll_, stop_);
  thread_ = std::thread([this] { Serve(); });
  return absl::OkStatus();
}

NothingServer::~NothingServer() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t size = write(stop_, &one, sizeof(one));
    thread_.join();
  }
  for (const int fd : {listener_, epoll_, stop_}) {
    if (fd >= 0) close(fd);
  }
}

void NothingServer::Serve() {
  std::map<int, std::unique_ptr<Peer>> peers;
  epoll_event events[kEventsMax];
  while (true) {
    const int count = epoll_wait(epoll_, events, kEventsMax, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == stop_) return;
      if (fd == listener_) {
        const int accepted = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) continue;
        const int on = 1;
        setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        peers.emplace(accepted, std::make_unique<Peer>(accepted));
        Add(epoll_, accepted);
        continue;
      }
      const auto peer = peers.find(fd);
      if (peer == peers.end()) continue;
      if (!peer->second->Serve()) {
        peers.erase(peer);
        continue;
      }
      epoll_event event = {};
      event.events = EPOLLIN | (peer->second->wants_write() ? static_cast<uint32_t>(EPOLLOUT) : 0);
      event.data.fd = fd;
      if (event.events != EPOLLIN || (events[i].events & EPOLLOUT) != 0) epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
    }
  }
}

}  // namespace quorate::bench
