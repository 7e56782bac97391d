#include "src/ctl/channels.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <limits>

#include "src/ctl/cancellation.h"
#include "src/ctl/endpoint.h"

namespace quorate::ctl {
namespace {

// Servers end connections that are pinged more often than they allow; this is the least gap gRPC's clients keep.
constexpr std::chrono::seconds kMinKeepaliveTime(10);
constexpr std::chrono::milliseconds kFirstReconnectDelay(100);
// How long one wait for a change of state lasts, and so how long closing may take.
constexpr std::chrono::milliseconds kChangeWait(20);

std::shared_ptr<grpc::ChannelCredentials> UnverifiedTls(const ClientConfig& config) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_verify_server_certs(false);
  options.set_check_call_host(false);
  if (!config.certificate.empty()) {
    options.set_certificate_provider(std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
        std::vector<grpc::experimental::IdentityKeyCertPair>{{config.key, config.certificate}}));
    options.watch_identity_key_cert_pairs();
  }
  return grpc::experimental::TlsCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> Credentials(const ClientConfig& config) {
  Endpoint::Tls tls = ParseEndpoint(config.endpoints.front()).tls;
  if (tls == Endpoint::Tls::kNever || (tls == Endpoint::Tls::kIfConfigured && !config.use_tls)) {
    return grpc::InsecureChannelCredentials();
  }
  if (config.skip_verify) return UnverifiedTls(config);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = config.authorities;
  options.pem_private_key = config.key;
  options.pem_cert_chain = config.certificate;
  return grpc::SslCredentials(options);
}

// gRPC takes what is as large as this for no bound at all.
int AtMostInt(int64_t number) { return static_cast<int>(std::min<int64_t>(number, std::numeric_limits<int>::max())); }

int Milliseconds(Duration duration) {
  return AtMostInt(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

grpc::ChannelArguments ArgumentsOf(const ClientConfig& config) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(-1);  // the client checks requests itself, to name the limit as etcdctl does
  arguments.SetMaxReceiveMessageSize(config.max_recv_bytes > 0 ? AtMostInt(config.max_recv_bytes) : -1);
  if (config.keepalive_time.count() > 0) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS,
                     Milliseconds(std::max<Duration>(config.keepalive_time, kMinKeepaliveTime)));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(config.keepalive_timeout));
  }
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, static_cast<int>(kFirstReconnectDelay.count()));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(kFirstReconnectDelay.count()));
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (config.own_connections) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace

Channels::Channels(const ClientConfig& config) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = Credentials(config);
  for (const std::string& text : config.endpoints) {
    Endpoint endpoint = ParseEndpoint(text);
    grpc::ChannelArguments arguments = ArgumentsOf(config);
    if (!endpoint.server_name.empty() && endpoint.tls != Endpoint::Tls::kNever) {
      arguments.SetSslTargetNameOverride(endpoint.server_name);
    }
    channels_.push_back(grpc::CreateCustomChannel(endpoint.target, credentials, arguments));
  }
}

Channels::~Channels() {
  base::MutexLock lock(&mutex_);
  changes_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (changes_.Next(&tag, &ok)) {
  }
}

void Channels::AwaitChange() {
  if (awaited_ == 0) {
    TimePoint until = std::chrono::system_clock::now() + kChangeWait;
    for (const auto& channel : channels_) channel->NotifyOnStateChange(channel->GetState(true), until, &changes_, this);
    awaited_ = channels_.size();
  }
  void* tag = nullptr;
  bool ok = false;
  if (changes_.Next(&tag, &ok)) --awaited_;
}

std::shared_ptr<grpc::Channel> Channels::Next(TimePoint deadline, const Cancellation* cancellation) {
  if (channels_.size() == 1) return channels_.front();
  base::MutexLock lock(&mutex_);
  do {
    for (size_t i = 0; i < channels_.size(); ++i) {
      size_t at = (next_ + i) % channels_.size();
      if (channels_[at]->GetState(true) == GRPC_CHANNEL_READY) {
        next_ = at + 1;
        return channels_[at];
      }
    }
    AwaitChange();
  } while (std::chrono::system_clock::now() < deadline && (cancellation == nullptr || !cancellation->cancelled()));
  return channels_[next_++ % channels_.size()];
}

}  // namespace quorate::ctl
