// SPDX-License-Identifier: MIT
// The input as an archive, as a message and as text: read, or refused with an equinfo::error; and an archive made of it, then
// damaged in one place, gives the text or is refused.

#include <support/archives.hpp>
#include <support/fuzz.hpp>

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/message.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/adaptive_model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo;

using bytes = std::vector<std::byte>;

/// The text of an archive, or nothing if it is refused.
std::optional<bytes> extract(std::span<const std::byte> archive, unsigned threads) {
    memory_source source(archive);
    memory_sink text;
    try {
        decompress_stream(source, text, adaptive_model{}, {.threads = threads});
    } catch (const error& refused) {
        test::promise(refused.offset() <= archive.size(), "an error's offset lies within the archive");
        return std::nullopt;
    }
    return text.take();
}

bytes pack(std::span<const std::uint8_t> text, std::uint32_t block_size, unsigned threads) {
    memory_sink archive;
    archive_writer<memory_sink, adaptive_model> writer(archive, adaptive_model{},
                                                       {.block_size = block_size, .threads = threads});
    writer.write(text);
    writer.finish();
    return archive.take();
}

/// Reads on behind damage: whatever comes out is no more than there was.
void recover(std::span<const std::byte> archive, std::size_t text_size) {
    memory_source source(archive);
    memory_sink text;
    std::size_t told = 0;
    try {
        decompress_stream(source, text, adaptive_model{}, {}, no_progress{}, [&told](const archive_damage&) { ++told; });
    } catch (const error&) {  // the header is damaged
        return;
    }
    test::promise(text.bytes().size() <= text_size, "recovery invents no text");
    test::promise(told != 0 || text.bytes().size() == text_size, "recovery tells what it leaves out");
}

void try_message(std::span<const std::byte> message) {
    try {
        const std::string text = decompress(message, adaptive_model{}, 1 << 20);
        test::promise(text.size() <= 1 << 20, "a message gives no more text than was asked for");
    } catch (const error& refused) {
        test::promise(refused.offset() <= message.size(), "an error's offset lies within the message");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> text(data, size);
    const std::span<const std::byte> input = bytes_of(text);
    extract(input, 1);
    try_message(input);
    if (size < 8) {
        return 0;
    }

    const auto rest = text.subspan(8);
    const std::uint32_t block_size = 1u + data[0];
    bytes archive = pack(rest, block_size, 1);
    const auto whole = extract(archive, 1);
    test::promise(whole && std::ranges::equal(*whole, bytes_of(rest)), "an archive gives its text");
    if (data[1] % 16 == 0) {  // threads are slow to start
        test::promise(pack(rest, block_size, 2) == archive, "two threads give the same archive");
    }
    const std::size_t at = (data[2] + std::size_t{256} * data[3]) % archive.size();
    if (data[4] % 4 == 0) {
        archive.resize(at);
    } else {
        archive[at] ^= static_cast<std::byte>(data[5]);
    }
    if (const auto damaged = extract(archive, 1)) {
        test::promise(std::ranges::equal(*damaged, bytes_of(rest)), "a damaged archive never gives another text");
    }
    recover(archive, rest.size());
    test::mend(archive);  // a frame that lies gets past its checksum
    if (const auto lying = extract(archive, 1)) {
        test::promise(std::ranges::equal(*lying, bytes_of(rest)), "nor does one with right checksums of its frames");
    }

    bytes message = compress(rest, adaptive_model{});
    test::promise(std::ranges::equal(bytes_of(std::string_view(decompress(message, adaptive_model{}))), bytes_of(rest)),
                  "a message gives its text");
    test::promise(message.size() <= rest.size() + 1, "a short message is at most a byte longer than its text");
    message[at % message.size()] ^= static_cast<std::byte>(data[5]);
    try_message(message);
    return 0;
}
