// SPDX-License-Identifier: MIT
// The input as a token file of every format, as a Megatron index and as a side record: read, or refused with an
// equinfo::error; and files made of it come back.

#include <support/fuzz.hpp>
#include <support/token_files.hpp>

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/token_index.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace {

using namespace equinfo;

template <class Act>
void may_refuse(Act act) {
    try {
        act();
    } catch (const error&) {
        // as it should
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> all(data, size);
    if (size == 0) {
        return 0;
    }
    const token_type type = test::all_token_types[data[0] % 3];

    // Arbitrary bytes. For Megatron, the second half is the index of the first.
    const auto input = bytes_of(all.subspan(1));
    const std::vector<std::byte> front(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(input.size() / 2));
    const std::vector<std::byte> back(input.begin() + static_cast<std::ptrdiff_t>(input.size() / 2), input.end());
    const std::vector<std::byte> whole(input.begin(), input.end());
    for (const token_format format : test::all_token_formats) {
        const bool two_files = format == token_format::megatron;
        may_refuse([&] {
            const auto tokens = test::read_tokens(format, type, two_files ? test::token_file_bytes{front, back}
                                                                          : test::token_file_bytes{whole, {}});
            test::promise(tokens.size() <= size, "no more tokens than bytes");
        });
    }
    may_refuse([&] {
        memory_source source(whole);
        token_index_reader<memory_source> reader(source);
        while (reader.next()) {
        }
    });

    // Documents of the input's bytes: a zero ends one.
    test::documents documents(1);
    for (const std::uint8_t byte : all) {
        if (byte == 0) {
            documents.emplace_back();
        } else {
            documents.back().push_back(byte);
        }
    }
    std::vector<token> expected;
    for (const auto& document : documents) {
        expected.insert(expected.end(), document.begin(), document.end());
    }
    for (const token_format format : test::all_token_formats) {
        if (format == token_format::llmc && type == token_type::uint8) {
            continue;
        }
        auto files = test::write_tokens(format, type, documents);
        test::promise(test::read_tokens(format, type, files) == expected, "the tokens come back");
        auto& damaged = format == token_format::megatron && data[0] % 2 == 0 ? files.index : files.file;
        if (!damaged.empty()) {
            damaged[data[size - 1] % damaged.size()] ^= static_cast<std::byte>(data[size / 2]);
            may_refuse([&] { (void)test::read_tokens(format, type, files); });
        }
    }
    return 0;
}
