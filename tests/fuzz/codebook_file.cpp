// SPDX-License-Identifier: MIT
// The input as a codebook file: read as a sound book, or refused with an equinfo::error; the same with its checksum and
// its header repaired; and as the strings of a book, whose file comes back, or is refused when damaged.
// rounds: 1 of 10

#include <support/file_kind.hpp>
#include <support/fuzz.hpp>

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/codebook_file.hpp>
#include <equinfo/codebook/string_list.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace {

using namespace equinfo;
using bytes = std::vector<std::uint8_t>;

std::optional<codebook> read(std::span<const std::byte> file) {
    try {
        return read_codebook(file);
    } catch (const error&) {
        return std::nullopt;  // as it should
    }
}

void promise_round_trip(const codebook& book, std::span<const std::uint8_t> text) {
    std::vector<std::uint32_t> tokens;
    book.encode(text, tokens);
    const std::span<const std::uint32_t> seen = tokens;
    test::promise(book.decoded_size(seen) == text.size(), "the tokens stand for as many bytes");
    bytes out;
    book.decode(seen, out);
    test::promise(std::equal(out.begin(), out.end(), text.begin(), text.end()), "the text comes back");
}

/// Texts come back, the input's and those of the book; tokens decode within their room.
void promise_sound(const codebook& book, std::span<const std::uint8_t> input) {
    promise_round_trip(book, input);
    bytes text;
    for (const std::uint8_t byte : input.first(std::min<std::size_t>(input.size(), 300))) {
        const std::span string = book[(byte * 2654435761u + text.size()) % book.size()];
        text.insert(text.end(), string.begin(), string.end() - (byte % 4 == 0 ? 1 : 0));
    }
    promise_round_trip(book, text);
    if (!text.empty() && input.size() % 8 == 0) {
        bytes longer;  // as many as are parsed side by side
        while (longer.size() < 50000) {
            longer.insert(longer.end(), text.begin(), text.end());
        }
        promise_round_trip(book, longer);
    }
    std::vector<std::uint16_t> tokens(input.size() / 2);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        tokens[i] = static_cast<std::uint16_t>(input[2 * i] + 256u * (input[2 * i + 1] % 4));  // now and then no codeword
    }
    bytes room(input.size());
    const codebook::decoded done = book.decode_some(std::span<const std::uint16_t>(tokens), room);
    test::promise(done.tokens <= tokens.size() && done.bytes <= room.size(), "decoding stays within its room");
    const auto taken = std::span<const std::uint16_t>(tokens).first(done.tokens);
    test::promise(book.decoded_size(taken) == done.bytes, "whole strings are decoded");
}

/// With the checksum and all of the header mended but the fingerprint, which lets strings pass that are those of the file's book.
std::optional<codebook> read_mended(std::vector<std::byte> file) {
    using header = detail::codebook_header;
    if (file.size() < header::size + 4) {
        return std::nullopt;
    }
    detail::codebook_kind.write_begin(file, codebook_file_version);
    file[header::window_bits] = static_cast<std::byte>(9 + std::to_integer<unsigned>(file[header::window_bits]) % 3);
    file[header::flags] &= std::byte{1};
    file[header::zero] = std::byte{0};
    store_little(file.data() + header::payload, static_cast<std::uint32_t>(file.size() - header::size - 4));
    test::mend_checksum(file);
    return read(file);
}

/// Strings cut out of the input where its bytes say so, with all single bytes, in order.
codebook book_of(std::span<const std::uint8_t> input) {
    std::vector<bytes> strings(512, bytes{0});
    for (std::size_t i = 0; i < 256; ++i) {
        strings[i] = {static_cast<std::uint8_t>(i)};
        if (!input.empty()) {
            const std::size_t begin = i * 31 % input.size();
            const std::size_t length = std::min<std::size_t>(1 + input[(i + 1) % input.size()] % 143u, input.size() - begin);
            const std::span cut = input.subspan(begin, length);
            strings[256 + i].assign(cut.begin(), cut.end());
        }
    }
    std::sort(strings.begin(), strings.end());
    string_list list;
    for (const bytes& string : strings) {
        list.push_back(string);
    }
    return codebook(9, list, {input.size(), input.size() % 2 == 1});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> input(data, size);
    std::vector<std::byte> file(bytes_of(input).begin(), bytes_of(input).end());
    if (const auto book = read(file)) {
        promise_sound(*book, input);
    }
    if (const auto book = read_mended(file)) {
        promise_sound(*book, input);
    }

    const codebook book = book_of(input);
    promise_sound(book, input);
    file = write_codebook(book);
    const auto again = read(file);
    test::promise(again && again->fingerprint() == book.fingerprint() && again->origin() == book.origin(), "a codebook file comes back");
    if (size != 0) {
        file[(data[0] * 256u + data[size - 1]) % (file.size() - 4)] ^= static_cast<std::byte>(1u << data[size / 2] % 8);
        test::promise(!read(file), "a flipped bit is found");
        test::mend_checksum(file);
        if (const auto damaged = read(file)) {
            test::promise(damaged->fingerprint() == book.fingerprint(), "the fingerprint vouches for the strings");
            promise_sound(*damaged, input);
        }
    }
    return 0;
}
