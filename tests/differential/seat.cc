#include "tests/differential/seat.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "tests/e2e/channel.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr std::chrono::seconds kDeadline(60);

}  // namespace

Seat::Seat(const std::string& address) : stub_(pb::KV::NewStub(OwnChannel(address))) {}

Answer Seat::Send(const Step& step) {
  Answer answer;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  context.set_wait_for_ready(true);
  // The response by reference: its header is there only after the call.
  const auto take = [&](const grpc::Status& status, const auto& response) {
    answer.code = status.error_code();
    answer.message = status.error_message();
    answer.revision = response.header().revision();
  };
  switch (step.kind) {
    case Step::Kind::kRange:
      take(stub_->Range(&context, step.range, &answer.range), answer.range);
      break;
    case Step::Kind::kRangeStream:
      Stream(&context, step.range, &answer);
      break;
    case Step::Kind::kPut:
      take(stub_->Put(&context, step.put, &answer.put), answer.put);
      break;
    case Step::Kind::kDeleteRange:
      take(stub_->DeleteRange(&context, step.delete_range, &answer.delete_range), answer.delete_range);
      break;
    case Step::Kind::kTxn:
      take(stub_->Txn(&context, step.txn, &answer.txn), answer.txn);
      break;
    case Step::Kind::kCompact:
      take(stub_->Compact(&context, step.compact, &answer.compact), answer.compact);
      break;
  }
  return answer;
}

void Seat::Stream(grpc::ClientContext* context, const pb::RangeRequest& request, Answer* answer) {
  const auto reader = stub_->RangeStream(context, request);
  pb::RangeStreamResponse chunk;
  bool last_seen = false;
  while (reader->Read(&chunk)) {
    const pb::RangeResponse& part = chunk.range_response();
    if (last_seen) answer->malformed += "a chunk after the one with the header; ";
    if (part.has_header()) {
      last_seen = true;
      *answer->range.mutable_header() = part.header();
      answer->range.set_more(part.more());
      answer->range.set_count(part.count());
    } else if (part.kvs_size() == 0 || part.more() || part.count() != 0) {
      answer->malformed += "an empty chunk, or more and count before the last one; ";
    }
    answer->range.mutable_kvs()->MergeFrom(part.kvs());
  }
  const grpc::Status status = reader->Finish();
  if (status.ok() && !last_seen) answer->malformed += "no chunk with a header; ";
  answer->code = status.error_code();
  answer->message = status.error_message();
  answer->revision = answer->range.header().revision();
}

}  // namespace quorate::testing
