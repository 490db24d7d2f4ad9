#include "tests/support/raw_stream.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

namespace tessera {

struct RawStream::Call {
    grpc::GenericStub stub;
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream;
    grpc::ByteBuffer answer;
    bool is_starting = true;
    bool is_writing = false;
    bool is_reading = false;
    bool is_over = false;
};

RawStream::RawStream(const std::string& target, const std::string& method,
                     const std::map<std::string, std::string>& metadata) {
    call_.reset(
        new Call{grpc::GenericStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials())), {}, {}, {}, {}});
    for (const auto& [name, value] : metadata) {
        call_->context.AddMetadata(name, value);
    }
    call_->stream = call_->stub.PrepareCall(&call_->context, "/" + method, &call_->queue);
    call_->stream->StartCall(&call_->is_starting);
}

RawStream::~RawStream() {
    call_->context.TryCancel();
    call_->queue.Shutdown();
    void* tag = nullptr;
    for (bool is_well = false; call_->queue.Next(&tag, &is_well);) {
    }
}

bool RawStream::await(const bool& is_under_way, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::system_clock::now() + patience;
    while (is_under_way) {
        void* tag = nullptr;
        bool is_well = false;
        if (call_->queue.AsyncNext(&tag, &is_well, deadline) != grpc::CompletionQueue::GOT_EVENT) {
            return false;
        }
        *static_cast<bool*>(tag) = false;
        call_->is_over = call_->is_over || !is_well;
    }
    return true;
}

bool RawStream::write(const std::string& bytes, std::chrono::milliseconds patience) {
    if (!await(call_->is_starting, patience) || !await(call_->is_writing, patience) || call_->is_over) {
        return false;
    }
    const grpc::Slice slice(bytes);
    call_->is_writing = true;
    call_->stream->Write(grpc::ByteBuffer(&slice, 1), &call_->is_writing);
    return await(call_->is_writing, patience);
}

bool RawStream::finishWriting(std::chrono::milliseconds patience) {
    if (!await(call_->is_writing, patience) || call_->is_over) {
        return false;
    }
    call_->is_writing = true;
    call_->stream->WritesDone(&call_->is_writing);
    return await(call_->is_writing, patience);
}

std::optional<std::size_t> RawStream::read(std::chrono::milliseconds patience) {
    if (call_->is_over || !await(call_->is_starting, patience)) {
        return std::nullopt;
    }
    if (!call_->is_reading) {
        call_->is_reading = true;
        call_->stream->Read(&call_->answer, &call_->is_reading);
    }
    if (!await(call_->is_reading, patience) || call_->is_over) {
        return std::nullopt;
    }
    return call_->answer.Length();
}

}  // namespace tessera
