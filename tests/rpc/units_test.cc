// The engine's small parts by themselves.

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "quorate/rpc/http.h"
#include "src/rpc/deframer.h"
#include "src/rpc/grpc_timeout.h"
#include "src/rpc/inflate.h"
#include "src/rpc/message_queue.h"
#include "src/rpc/output.h"
#include "src/rpc/percent_encoding.h"
#include "src/rpc/ping_policy.h"
#include "src/rpc/request_headers.h"
#include "src/rpc/timer_wheel.h"

namespace quorate::rpc {
namespace {

using std::chrono::nanoseconds;

std::string Gzip(const std::string& text, int window = 15 + 16) {
  z_stream z = {};
  EXPECT_EQ(::deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(::deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - z.avail_out);
  ::deflateEnd(&z);
  return out;
}

std::string Framed(std::string_view message, char flag = 0) {
  std::string framed(1, flag);
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift);
  return framed + std::string(message);
}

// Everything in the output, written in one go.
std::string Drained(Output* output) {
  std::string written;
  while (!output->empty()) {
    iovec vectors[3];
    const int count = output->Gather(vectors, 3);
    size_t size = 0;
    for (int i = 0; i < count; ++i) {
      written.append(static_cast<char*>(vectors[i].iov_base), vectors[i].iov_len);
      size += vectors[i].iov_len;
    }
    output->Consume(size);
  }
  return written;
}

TEST(GrpcTimeoutTest, AllUnits) {
  std::string error;
  EXPECT_EQ(ParseGrpcTimeout("1H", &error), nanoseconds(3600'000'000'000));
  EXPECT_EQ(ParseGrpcTimeout("2M", &error), nanoseconds(120'000'000'000));
  EXPECT_EQ(ParseGrpcTimeout("3S", &error), nanoseconds(3'000'000'000));
  EXPECT_EQ(ParseGrpcTimeout("4m", &error), nanoseconds(4'000'000));
  EXPECT_EQ(ParseGrpcTimeout("5u", &error), nanoseconds(5'000));
  EXPECT_EQ(ParseGrpcTimeout("99999999n", &error), nanoseconds(99'999'999));
  EXPECT_EQ(ParseGrpcTimeout("99999999H", &error), nanoseconds::max());
  EXPECT_EQ(ParseGrpcTimeout("0S", &error), nanoseconds(0));
}

TEST(GrpcTimeoutTest, MalformedOnesAreRefused) {
  std::string error;
  for (const std::string text : {"", "S", "5", "123456789S", "5s", "-5S", "5.0S", "+1S", " 1S"}) {
    EXPECT_FALSE(ParseGrpcTimeout(text, &error).has_value()) << text;
    EXPECT_NE(error, "");
  }
}

TEST(PercentEncodingTest, StatusMessages) {
  EXPECT_EQ(EncodeGrpcMessage("etcdserver: mvcc: ok ~"), "etcdserver: mvcc: ok ~");
  EXPECT_EQ(EncodeGrpcMessage("50%\r\n\x7f"), "50%25%0D%0A%7F");
  EXPECT_EQ(EncodeGrpcMessage("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "%C3%A4%E2%82%AC%F0%9F%98%80");
  for (const std::string invalid : {"\xff", "\xc3", "\xe2\x82", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    EXPECT_EQ(EncodeGrpcMessage(invalid).substr(0, 9), "%EF%BF%BD") << ::testing::PrintToString(invalid);
  }
}

TEST(PercentEncodingTest, Urls) {
  EXPECT_EQ(DecodeUrl("/a%2fb+c", UrlPart::kPath), "/a/b+c");
  EXPECT_EQ(DecodeUrl("a%20b+c", UrlPart::kQuery), "a b c");
  for (const std::string bad : {"%", "%1", "a%zz", "%%41"}) EXPECT_FALSE(DecodeUrl(bad, UrlPart::kPath).has_value());
}

TEST(HttpRequestTest, QueryValues) {
  HttpRequest request;
  request.query = "a=1&b=2&a=3&empty&bad=%zz&x%20y=z+w";
  EXPECT_EQ(request.QueryValue("a"), "1");
  EXPECT_EQ(request.QueryValues("a"), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(request.QueryValue("empty"), "");
  EXPECT_EQ(request.QueryValues("empty").size(), 1u);
  EXPECT_EQ(request.QueryValue("x y"), "z w");
  EXPECT_TRUE(request.QueryValues("bad").empty());
  EXPECT_TRUE(request.QueryValues("none").empty());
}

TEST(RequestHeadersTest, MuchMemoryIsNotKeptForTheNextRequest) {
  const Registry::State registry;
  RequestHeaders headers;
  headers.Add("token", "small", registry);
  headers.Reset();
  EXPECT_GT(headers.metadata.capacity(), 0u);
  headers.Add("token", std::string(60'000, 'x'), registry);
  headers.Reset();
  EXPECT_EQ(headers.metadata.capacity(), 0u);
}

TEST(DeframerTest, MessagesComeOutHoweverTheBytesWereCut) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> messages;
    std::string bytes;
    for (int i = static_cast<int>(random() % 5); i >= 0; --i) {
      messages.push_back(std::string(random() % 40, static_cast<char>('a' + i)));
      bytes += Framed(messages.back());
    }
    Deframer deframer;
    deframer.Reset(Encoding::kIdentity, 1000);
    std::vector<std::string> got;
    size_t at = 0;
    while (at < bytes.size()) {
      std::string_view piece = std::string_view(bytes).substr(at, 1 + random() % 30);
      at += piece.size();
      Deframer::Step step;
      while ((step = deframer.Next(&piece)) == Deframer::Step::kMessage) got.emplace_back(deframer.message());
      ASSERT_EQ(step, Deframer::Step::kNeedMore);
      ASSERT_TRUE(piece.empty());
    }
    EXPECT_EQ(got, messages);
    EXPECT_FALSE(deframer.is_partial());
  }
}

TEST(DeframerTest, TheLimitIsExact) {
  Deframer deframer;
  deframer.Reset(Encoding::kIdentity, 10);
  std::string bytes = Framed("0123456789");
  std::string_view view = bytes;
  EXPECT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  bytes = Framed("0123456789x").substr(0, 5);
  view = bytes;
  EXPECT_EQ(deframer.Next(&view), Deframer::Step::kError);
  EXPECT_EQ(deframer.error().code(), absl::StatusCode::kResourceExhausted);
}

// Bytes it holds, of so large a message, once so many have come in pieces of that size.
size_t HeldBytes(size_t message, size_t came, size_t piece) {
  Deframer deframer;
  deframer.Reset(Encoding::kIdentity, message);
  const std::string bytes = Framed(std::string(message, 'x')).substr(0, came);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    std::string_view view = std::string_view(bytes).substr(at, piece);
    EXPECT_EQ(deframer.Next(&view), Deframer::Step::kNeedMore);
  }
  return deframer.held_bytes();
}

TEST(DeframerTest, RoomIsTakenInProportionToWhatHasCome) {
  constexpr size_t kMessage = 2 << 20;
  EXPECT_EQ(HeldBytes(kMessage, 5, 5), 0u);
  EXPECT_LE(HeldBytes(kMessage, 6, 6), 64u);
  for (const size_t piece : {1, 1000, 16'384}) {
    const size_t came = 100'000;
    const size_t held = HeldBytes(kMessage, came, piece);
    EXPECT_GE(held, came - 5) << piece;
    EXPECT_LE(held, 8 * came) << piece;
    // No more than all of it in the end.
    EXPECT_EQ(HeldBytes(came, came, piece), came) << piece;
  }
}

TEST(DeframerTest, CompressedAndPlainMessagesMayAlternate) {
  Deframer deframer;
  deframer.Reset(Encoding::kGzip, 1000);
  const std::string bytes = Framed(Gzip("squeezed"), 1) + Framed("plain") + Framed(Gzip(""), 1);
  std::string_view view = bytes;
  ASSERT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  EXPECT_EQ(deframer.message(), "squeezed");
  ASSERT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  EXPECT_EQ(deframer.message(), "plain");
  ASSERT_EQ(deframer.Next(&view), Deframer::Step::kMessage);
  EXPECT_EQ(deframer.message(), "");
}

TEST(InflateTest, TheLimitIsExact) {
  std::string out;
  for (const size_t size : {0, 1, 1000, 16384, 16385, 100000}) {
    const std::string text(size, 't');
    ASSERT_TRUE(Inflate(Encoding::kGzip, Gzip(text), size, &out).ok()) << size;
    EXPECT_EQ(out, text);
    ASSERT_TRUE(Inflate(Encoding::kDeflate, Gzip(text, 15), size, &out).ok()) << size;
    EXPECT_EQ(out, text);
    if (size == 0) continue;
    EXPECT_EQ(Inflate(Encoding::kGzip, Gzip(text), size - 1, &out).code(), absl::StatusCode::kResourceExhausted);
  }
}

TEST(InflateTest, DamageIsNoticedAtEveryLength) {
  const std::string whole = Gzip("some text, some more text, some text");
  std::string out;
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(Inflate(Encoding::kGzip, std::string_view(whole).substr(0, length), 1000, &out).code(),
              absl::StatusCode::kInternal)
        << length;
  }
  EXPECT_TRUE(Inflate(Encoding::kGzip, whole + whole, 1000, &out).ok());
  EXPECT_EQ(out.size(), 72u);
}

TEST(MessageQueueTest, WhatIsTakenInPiecesIsWhatWasPushed) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    MessageQueue queue;
    Output output;
    std::string expected;
    std::string written;
    for (int step = 0; step < 60; ++step) {
      if (random() % 2 == 0) {
        base::Payload message;
        std::string text = "head" + std::to_string(step);
        message.Append(text);
        if (random() % 2 == 0) {
          const base::Buffer body =
              base::Buffer::Copy(std::string(random() % 3000, static_cast<char>('a' + step % 26)));
          message.Append(body);
          message.Append("tail");
          text += std::string(body.view()) + "tail";
        }
        expected += Framed(text);
        queue.Push(std::move(message));
      }
      if (queue.bytes() > 0) queue.Take(random() % (queue.bytes() + 1), &output);
      written += Drained(&output);
    }
    queue.Take(queue.bytes(), &output);
    written += Drained(&output);
    ASSERT_EQ(written, expected);
    ASSERT_EQ(queue.bytes(), 0u);
  }
}

TEST(OutputTest, PartlyWrittenBytesAreNotWrittenAgain) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    Output output;
    std::string expected;
    std::string written;
    for (int i = 0; i < 20; ++i) {
      const std::string text(1 + random() % 9000, static_cast<char>('a' + i));
      expected += text;
      if (random() % 2 == 0) {
        output.Append(text);
      } else {
        const base::Buffer buffer = base::Buffer::Copy(text);
        output.AppendShared(buffer.view(), buffer);
      }
    }
    while (!output.empty()) {
      iovec vectors[4];
      const int count = output.Gather(vectors, 4);
      ASSERT_GT(count, 0);
      std::string offered;
      for (int i = 0; i < count; ++i) offered.append(static_cast<char*>(vectors[i].iov_base), vectors[i].iov_len);
      const size_t accepted = 1 + random() % offered.size();
      written += offered.substr(0, accepted);
      output.Consume(accepted);
      output.Trim();
    }
    ASSERT_EQ(written, expected);
  }
}

TEST(OutputTest, ATurnMayBeShort) {
  Output output;
  output.SetTurn(1000);
  output.Append(std::string(999, 'a'));
  EXPECT_FALSE(output.full());
  output.Append("a");
  EXPECT_TRUE(output.full());
  output.Consume(1);
  EXPECT_FALSE(output.full());
}

// A socket may be a little behind for as long as a connection lives.
TEST(OutputTest, WhatIsWrittenIsForgottenThoughSomethingAlwaysWaits) {
  Output output;
  const base::Buffer buffer = base::Buffer::Copy(std::string(1000, 'b'));
  output.Append(std::string(10, 'a'));
  for (int i = 0; i < 100'000; ++i) {
    output.Append(std::string(1000, 'a'));
    output.AppendShared(buffer.view(), buffer);
    output.Consume(2000);
  }
  EXPECT_EQ(output.pending(), 10u);
  EXPECT_LE(output.memory_bytes(), size_t{1} << 20);
}

class Alarm final : public Timer {
 public:
  explicit Alarm(std::vector<int>* rang, int name) : rang_(rang), name_(name) {}
  Alarm* cancels = nullptr;
  TimerWheel* wheel = nullptr;

 private:
  void OnTimer() override {
    rang_->push_back(name_);
    if (cancels != nullptr) wheel->Cancel(cancels);
  }
  std::vector<int>* rang_;
  int name_;
};

TEST(TimerWheelTest, TimersRingAtTheirTimeHoweverFarOff) {
  std::mt19937_64 random(9);
  TimerWheel wheel(1000);
  std::vector<int> rang;
  std::multimap<int64_t, int> due;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 500; ++i) {
    const int64_t at = 1000 + static_cast<int64_t>(random() % 20000);
    alarms.push_back(std::make_unique<Alarm>(&rang, i));
    wheel.Schedule(alarms.back().get(), at);
    if (i % 3 == 0) {
      wheel.Cancel(alarms.back().get());
    } else {
      due.emplace(std::max<int64_t>(at, 1001), i);
    }
  }
  for (int64_t now = 1000; now < 22000;) {
    const int64_t sleep = wheel.SleepMs(now);
    if (due.empty()) break;
    ASSERT_GE(sleep, 0);
    ASSERT_LE(now + sleep, std::max(due.begin()->first, now)) << "slept past a timer";
    now += random() % 4 == 0 ? static_cast<int64_t>(random() % 3000) : std::max<int64_t>(sleep, 1);
    rang.clear();
    do wheel.Advance(now);
    while (wheel.SleepMs(now) == 0);
    std::vector<int> expected;
    while (!due.empty() && due.begin()->first <= now) {
      expected.push_back(due.begin()->second);
      due.erase(due.begin());
    }
    std::sort(rang.begin(), rang.end());
    std::sort(expected.begin(), expected.end());
    ASSERT_EQ(rang, expected) << now;
  }
  EXPECT_TRUE(due.empty());
  EXPECT_EQ(wheel.SleepMs(30000), -1);
}

TEST(TimerWheelTest, ATimerThatRingsMayCancelItsNeighbour) {
  TimerWheel wheel(0);
  std::vector<int> rang;
  Alarm first(&rang, 1);
  Alarm second(&rang, 2);
  first.cancels = &second;
  first.wheel = &wheel;
  wheel.Schedule(&first, 5);
  wheel.Schedule(&second, 5);
  wheel.Advance(10);
  EXPECT_EQ(rang, std::vector<int>{1});
  EXPECT_FALSE(second.scheduled());
}

TEST(TimerWheelTest, ManyThatAreDueTogetherRingAFewAtATimeInTheirOrder) {
  TimerWheel wheel(0);
  std::vector<int> rang;
  std::vector<std::unique_ptr<Alarm>> alarms;
  constexpr int kAlarms = 3 * TimerWheel::kFiredMax;
  for (int i = 0; i < kAlarms; ++i) {
    alarms.push_back(std::make_unique<Alarm>(&rang, i));
    wheel.Schedule(alarms.back().get(), i < kAlarms / 2 ? 5 : 6);
  }
  wheel.Advance(7);
  EXPECT_EQ(rang.size(), TimerWheel::kFiredMax);
  EXPECT_EQ(wheel.SleepMs(7), 0) << "others are due";
  // What is due later, or not at all any more, does not come between them.
  Alarm late(&rang, kAlarms);
  wheel.Schedule(&late, 7);
  wheel.Cancel(alarms[kAlarms - 1].get());
  for (int i = 0; i < 2; ++i) wheel.Advance(7);
  std::vector<int> expected(kAlarms - 1);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(rang, expected);
  wheel.Advance(8);
  EXPECT_EQ(rang.back(), kAlarms);
  EXPECT_EQ(wheel.SleepMs(8), -1);
}

TEST(TimerWheelTest, ThoseFarOffAreLookedAtInPartsAndRingInTime) {
  TimerWheel wheel(0);
  std::vector<int> rang;
  std::vector<std::unique_ptr<Alarm>> alarms;
  constexpr int kAlarms = 5000;
  for (int i = 0; i < kAlarms; ++i) {
    alarms.push_back(std::make_unique<Alarm>(&rang, i));
    wheel.Schedule(alarms.back().get(), 5000);
  }
  for (int64_t now = 0; now < 5000; now += std::max<int64_t>(wheel.SleepMs(now), 1)) wheel.Advance(now);
  EXPECT_TRUE(rang.empty());
  do wheel.Advance(5000);
  while (wheel.SleepMs(5000) == 0);
  EXPECT_EQ(rang.size(), kAlarms);
}

TEST(PingPolicyTest, TwoStrikesAreForgivenTheThirdIsNot) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  int64_t now = 0;
  EXPECT_TRUE(policy.OnPing(now, true));
  EXPECT_TRUE(policy.OnPing(now += 100, true));
  EXPECT_TRUE(policy.OnPing(now += 100, true));
  EXPECT_FALSE(policy.OnPing(now += 100, true));
}

TEST(PingPolicyTest, KubernetesPingsAreFine) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  for (int64_t now = 0; now < 24 * 3600 * 1000; now += 30 * 1000) ASSERT_TRUE(policy.OnPing(now, true));
}

TEST(PingPolicyTest, AnAnswerForgives) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  for (int64_t now = 0; now < 1000; ++now) {
    if (now % 3 == 0) policy.OnAnswerSent();
    ASSERT_TRUE(policy.OnPing(now, true));
  }
}

TEST(PingPolicyTest, WithoutCallsPingsAreNotExpectedAtAll) {
  PingPolicy policy(std::chrono::milliseconds(5000));
  EXPECT_TRUE(policy.OnPing(0, false));
  EXPECT_TRUE(policy.OnPing(30'000, false));
  EXPECT_TRUE(policy.OnPing(60'000, false));
  EXPECT_FALSE(policy.OnPing(90'000, false));
}

}  // namespace
}  // namespace quorate::rpc
