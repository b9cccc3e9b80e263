// SPDX-License-Identifier: MIT
// The input as a .safetensors file; as the header of one, whatever its JSON says; and as changes of a good header. It is a
// model, which comes back as it is, or refused with an equinfo::error.
// rounds: 1 of 10

#include <support/fuzz.hpp>
#include <support/m1_contents.hpp>

#include "equinfo/safetensors.hpp"

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace {

using namespace equinfo;

/// Bytes that come in pieces, as from a pipe.
class bytes_in_pieces final : public program::source {
public:
    explicit bytes_in_pieces(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    [[nodiscard]] std::size_t read(std::span<std::byte> room) override {
        return m_bytes.read(room.first(std::min<std::size_t>(room.size(), 1000)));
    }

private:
    memory_source m_bytes;
};

std::optional<program::quantised_weights> read(std::span<const std::byte> file) {
    try {
        bytes_in_pieces in(file);
        return program::read_safetensors(in);
    } catch (const error&) {
        return std::nullopt;  // as it should
    }
}

std::vector<std::byte> write(const m1_content& content) {
    memory_sink out;
    program::write_safetensors(content, program::sink_reference(out));
    return out.take();
}

void promise_sound(std::span<const std::byte> file) {
    const auto made = read(file);
    if (!made) {
        return;
    }
    test::promise(fault_of(made->content.shape) == nullptr, "only shapes in order are read");
    detail::visit_tensors(made->content, [](const char*, const auto& tensor, std::int32_t least, std::int32_t most) {
        test::promise(std::ranges::all_of(tensor, [&](auto number) { return number >= least && number <= most; }),
                      "every number is within its range");
    });
    const auto again = read(write(made->content));
    test::promise(again && again->content == made->content && again->clamped == 0, "a model comes back from its floats");
}

const std::vector<std::byte>& good_file() {
    static const std::vector<std::byte> file = [] {
        test::random_source random(3700);
        const reference::m1_shape shape = {.width = 32, .layers = 2, .heads = 2, .shared = 2, .head_width = 16, .hidden = 32,
                                           .context = 48, .columns = 16, .table_bits = 4, .feed = 1,
                                           .tables = {{0, 2, 4}, {1, 1, 4}}, .contexts = {48, 16}};
        const m1_content content = test::m1_content_of(shape, test::random_m1(shape, random));
        const std::vector<std::byte> made = write(content);
        const auto back = read(made);
        test::promise(back && back->content == content, "a model comes back from its floats");
        return made;
    }();
    return file;
}

/// Of a file: its length, JSON, then numbers.
std::span<const std::byte> header_of(std::span<const std::byte> file) {
    return file.subspan(8, static_cast<std::size_t>(load_little<std::uint64_t>(file.data())));
}

std::vector<std::byte> with_header(std::span<const std::byte> header) {
    const std::span<const std::byte> good = good_file();
    std::vector<std::byte> file(8);
    store_little(file.data(), std::uint64_t{header.size()});
    file.insert(file.end(), header.begin(), header.end());
    const auto numbers = good.subspan(8 + header_of(good).size());
    file.insert(file.end(), numbers.begin(), numbers.end());
    return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> input = bytes_of(std::span<const std::uint8_t>(data, size));
    promise_sound(input);
    promise_sound(with_header(input));

    // The input as a list of places and values.
    const auto good = header_of(good_file());
    std::vector<std::byte> header(good.begin(), good.end());
    for (std::size_t i = 0; i + 3 <= size && i < 12; i += 3) {
        header[(data[i] * 256u + data[i + 1]) % header.size()] = input[i + 2];
    }
    promise_sound(with_header(header));
    return 0;
}
