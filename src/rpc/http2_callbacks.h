#pragma once

// What nghttp2 calls back.

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

namespace quorate::rpc {

struct Http2Callbacks {
  static int OnBeginFrame(nghttp2_session* session, const nghttp2_frame_hd* header, void* user_data);
  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user_data);
  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                      uint8_t flags, void* user_data);
  static int OnFrameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user_data);
  static int OnDataChunk(nghttp2_session* session, uint8_t flags, int32_t stream, const uint8_t* data, size_t size,
                         void* user_data);
  static int OnStreamClosed(nghttp2_session* session, int32_t stream, uint32_t error_code, void* user_data);
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user_data);
  static int SendData(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* frame_header, size_t length,
                      nghttp2_data_source* source, void* user_data);
  static ssize_t ReadBody(nghttp2_session* session, int32_t stream, uint8_t* buffer, size_t length,
                          uint32_t* data_flags, nghttp2_data_source* source, void* user_data);
};

// The same for all sessions; user_data is the Http2Session.
const nghttp2_session_callbacks* Http2CallbackTable();

}  // namespace quorate::rpc
