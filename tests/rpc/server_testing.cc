#include <charconv>
#include <mutex>
#include <thread>
#include <utility>

#include "quorate/base/this_thread.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

base::Payload Copied(std::string_view bytes) { return base::Payload(std::string(bytes)); }

HttpResponse Text(std::string body) {
  HttpResponse response;
  response.body = base::Payload(std::move(body));
  return response;
}

// A streaming call that says when it ends, and does nothing else.
class Quiet : public StreamHandler {
 public:
  Quiet(Observed* observed, Stream& stream) : observed_(observed), stream_(&stream) {
    std::lock_guard<std::mutex> lock(observed->mutex);
    observed->streams.push_back(stream.ref());
    observed->opened.Add();
  }
  void OnMessage(std::string_view) override {}
  void OnHalfClose() override {}
  void OnWritable() override { observed_->writable.Add(); }
  void OnClose() override { observed_->closed.Add(); }

 protected:
  Observed* const observed_;
  Stream* const stream_;
};

class Chat final : public Quiet {
 public:
  using Quiet::Quiet;
  void OnMessage(std::string_view message) override { stream_->Write(Copied(message)); }
  void OnHalfClose() override { stream_->Finish(absl::OkStatus()); }
};

class Amplify final : public Quiet {
 public:
  using Quiet::Quiet;
  void OnMessage(std::string_view) override { stream_->Write(Copied(std::string(kAmplifiedBytes, 'a'))); }
  void OnHalfClose() override { stream_->Finish(absl::OkStatus()); }
};

class Toil final : public Quiet {
 public:
  using Quiet::Quiet;
  void OnMessage(std::string_view message) override {
    if (!std::exchange(began_, true)) {
      stream_->Write(Copied(std::string(kToilBytes, 't')));
      return;
    }
    observed_->toils.Add();
    Burn(kToilTime);
    stream_->Write(Copied(message));
  }
  void OnHalfClose() override { stream_->Finish(absl::OkStatus()); }
  void OnWritable() override {
    Quiet::OnWritable();
    Burn(kToilTime);
  }
  void OnClose() override {
    Quiet::OnClose();
    Burn(kToilTime);
  }

 private:
  bool began_ = false;
};

class List final : public Quiet {
 public:
  using Quiet::Quiet;
  void OnMessage(std::string_view message) override {
    int count = 0;
    std::from_chars(message.data(), message.data() + message.size(), count);
    for (int i = 0; i < count; ++i) stream_->Write(Copied(std::to_string(i)));
  }
  void OnHalfClose() override { stream_->Finish(absl::OkStatus()); }
};

class Sum final : public Quiet {
 public:
  using Quiet::Quiet;
  void OnMessage(std::string_view message) override { bytes_ += message.size(); }
  void OnHalfClose() override {
    stream_->Write(Copied(std::to_string(bytes_)));
    stream_->Finish(absl::OkStatus());
  }

 private:
  size_t bytes_ = 0;
};

class Flood final : public Quiet {
 public:
  using Quiet::Quiet;
  void OnMessage(std::string_view) override { Pour(); }
  void OnWritable() override {
    observed_->writable.Add();
    Pour();
  }

 private:
  void Pour() {
    static const base::Buffer kWater = base::Buffer::Copy(std::string(64 << 10, 'w'));
    bool more = true;
    while (more) {
      base::Payload message;
      message.Append(kWater);
      more = stream_->Write(std::move(message));
      std::lock_guard<std::mutex> lock(observed_->mutex);
      ++observed_->flood_written;
    }
  }
};

template <typename Handler>
StreamFactory FactoryOf(Observed* observed) {
  return [observed](const CallContext& context, Stream& stream) {
    {
      std::lock_guard<std::mutex> lock(observed->mutex);
      observed->token = context.Metadata("token");
    }
    return std::make_unique<Handler>(observed, stream);
  };
}

}  // namespace

void Burn(std::chrono::nanoseconds time) {
  const std::chrono::nanoseconds until = base::TimeWorked() + time;
  while (base::TimeWorked() < until) {
  }
}

std::string SharedPage() {
  std::string page;
  for (int line = 0; line < 50'000; ++line) page += std::to_string(line) + "\n";
  return page;
}

size_t AnswerHeld(Observed& observed) {
  std::vector<UnaryCall> calls;
  {
    std::lock_guard<std::mutex> lock(observed.mutex);
    calls.swap(observed.calls);
  }
  ReplyBatch replies;
  for (UnaryCall& call : calls) replies.Add(std::move(call), absl::OkStatus(), base::Payload());
  return calls.size();
}

Registry TestServer::MakeRegistry() {
  Observed* observed = &observed_;
  Registry registry;
  registry.AddUnary("/test.Echo/Say", [observed](const CallContext& context, std::string_view message, UnaryCall call) {
    {
      std::lock_guard<std::mutex> lock(observed->mutex);
      observed->deadline = context.deadline;
      observed->token = context.Metadata("token");
    }
    std::move(call).Reply(Copied(message));
  });
  registry.AddUnary("/test.Echo/Fail", [](const CallContext&, std::string_view message, UnaryCall call) {
    std::move(call).Fail(base::MakeStatus(absl::StatusCode::kInvalidArgument, message));
  });
  registry.AddUnary("/test.Echo/Drop", [](const CallContext&, std::string_view, UnaryCall) {});
  registry.AddUnary("/test.Echo/Burn", [observed](const CallContext&, std::string_view, UnaryCall) {
    {
      std::lock_guard<std::mutex> lock(observed->mutex);
      observed->burns_began.push_back(std::chrono::steady_clock::now());
    }
    observed->burns.Add();
    Burn(kBurnTime);
  });
  registry.AddUnary("/test.Echo/Hold", [observed](const CallContext&, std::string_view, UnaryCall call) {
    {
      std::lock_guard<std::mutex> lock(observed->mutex);
      observed->calls.push_back(std::move(call));
    }
    observed->writable_when_held = observed->writable.value();
    observed->held.Add();
  });
  registry.AddUnary("/test.Echo/Later", [this](const CallContext&, std::string_view message, UnaryCall call) {
    std::lock_guard<std::mutex> lock(observed_.mutex);
    threads_.emplace_back([text = std::string(message), call = std::move(call)]() mutable {
      ReplyBatch batch;
      batch.Add(std::move(call), absl::OkStatus(), base::Payload(std::move(text)));
    });
  });
  registry.AddStream("/test.Echo/Chat", Registry::StreamKind::kBidirectional, FactoryOf<Chat>(observed));
  registry.AddStream("/test.Echo/Once", Registry::StreamKind::kUnary, FactoryOf<Chat>(observed));
  registry.AddStream("/test.Echo/Amplify", Registry::StreamKind::kBidirectional, FactoryOf<Amplify>(observed));
  registry.AddStream("/test.Echo/Toil", Registry::StreamKind::kBidirectional, FactoryOf<Toil>(observed));
  registry.AddStream("/test.Echo/List", Registry::StreamKind::kServerStream, FactoryOf<List>(observed));
  registry.AddStream("/test.Echo/Sum", Registry::StreamKind::kClientStream, FactoryOf<Sum>(observed));
  registry.AddStream("/test.Echo/Wait", Registry::StreamKind::kBidirectional, FactoryOf<Quiet>(observed));
  registry.AddStream("/test.Echo/Flood", Registry::StreamKind::kServerStream, FactoryOf<Flood>(observed));
  registry.AddHttp("/health", [](const HttpRequest&, HttpReply reply) { reply(Text("fine\n")); });
  registry.AddHttp("/echo/", [](const HttpRequest& request, HttpReply reply) {
    HttpResponse response;
    response.content_type = "text/echo";
    response.headers.emplace_back("X-Path", request.path);
    response.headers.emplace_back("X-Query", request.QueryValue("q"));
    response.body = base::Payload(request.method + " " + request.body);
    reply(std::move(response));
  });
  registry.AddHttp("/later", [this](const HttpRequest&, HttpReply reply) {
    std::lock_guard<std::mutex> lock(observed_.mutex);
    threads_.emplace_back([reply] { reply(Text("later\n")); });
  });
  registry.AddHttp("/large/", [observed](const HttpRequest& request, HttpReply reply) {
    observed->large.Add();
    reply(Text(std::string(std::stoul(request.path.substr(request.path.rfind('/') + 1)), 'l')));
  });
  registry.AddHttp("/shared", [page = base::Buffer::Copy(SharedPage())](const HttpRequest&, HttpReply reply) {
    HttpResponse response;
    response.body.Append(page);
    reply(std::move(response));
  });
  registry.AddHttp("/drop", [](const HttpRequest&, HttpReply) {});
  registry.AddHealth([observed] {
    observed->health_looks.Add();
    return observed->serving.load();
  });
  registry.AddReflection({});
  return registry;
}

TestServer::TestServer(ServerOptions options, std::string_view url) {
  if (options.loops == 0) options.loops = 2;
  if (!options.on_tick_end) options.on_tick_end = [this](int) { observed_.tick_ends.Add(); };
  server_ = std::make_unique<Server>(std::move(options), MakeRegistry());
  absl::StatusOr<std::string> address = server_->Listen(url);
  if (!address.ok()) throw std::runtime_error(std::string(base::MessageOf(address.status())));
  address_ = *address;
  server_->Start();
}

TestServer::~TestServer() {
  server_->Stop();
  for (std::thread& thread : threads_) thread.join();
  DropHeld();
}

void TestServer::DropHeld() {
  std::vector<UnaryCall> calls;
  std::lock_guard<std::mutex> lock(observed_.mutex);
  calls.swap(observed_.calls);
}

int TestServer::port() const { return std::stoi(address_.substr(address_.rfind(':') + 1)); }

}  // namespace quorate::rpc::testing
