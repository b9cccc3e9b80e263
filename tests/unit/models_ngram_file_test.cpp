// SPDX-License-Identifier: MIT
// Model files of n-gram models: read back as they were written, and refused when they are anything else.
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/models/ngram_file.hpp>
#include <equinfo/models/ngram_model.hpp>
#include <equinfo/models/ngram_trainer.hpp>

#include <support/catch.hpp>
#include <support/file_kind.hpp>
#include <support/random.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;

constexpr std::string_view text =
    "Peter Piper picked a peck of pickled peppers. A peck of pickled peppers Peter Piper picked. If Peter Piper picked "
    "a peck of pickled peppers, where is the peck of pickled peppers Peter Piper picked?";

ngram_content small_content(unsigned order = 4) {
    ngram_options options;
    options.order = order;
    options.max_bytes = 0;
    ngram_trainer trainer(options);
    trainer.feed(text_of(text));
    return trainer.build();
}

errc refusal(std::span<const std::byte> file, std::uint64_t* offset = nullptr) {
    try {
        static_cast<void>(read_ngram(file));
    } catch (const error& refused) {
        if (offset != nullptr) {
            *offset = refused.offset();
        }
        return refused.code();
    }
    return errc::io;  // stands for: not refused
}

/// A content is in order if every number in it can be followed, and its tables can be made.
void require_sound(const ngram_content& content) {
    REQUIRE(content.order <= ngram_max_order);
    REQUIRE_FALSE(content.contexts.empty());
    std::size_t entries = 0;
    for (std::size_t number = 0; number < content.contexts.size(); ++number) {
        const ngram_context& context = content.contexts[number];
        REQUIRE(context.first_entry == entries);
        entries += context.size;
        REQUIRE(entries <= content.entries.size());
        REQUIRE(context.length <= content.order);
        REQUIRE(context.escape < ngram_code_count);
        if (number != 0) {
            REQUIRE(context.suffix < number);
            REQUIRE(content.contexts[context.suffix].length + 1 == context.length);
        }
        int before = -1;
        for (const ngram_entry& entry : content.entries_of(context)) {
            REQUIRE(entry.symbol > before);
            before = entry.symbol;
            REQUIRE(entry.code < ngram_code_count);
            REQUIRE(entry.child < content.contexts.size());
            REQUIRE((entry.child == 0 || content.contexts[entry.child].length == context.length + 1));
        }
    }
    REQUIRE(entries == content.entries.size());
    ngram_model model(std::make_shared<const ngram_data>(content, 10));
    for (const char symbol : text) {
        const frequency_range range = model.predict().range_of(static_cast<std::uint8_t>(symbol));
        REQUIRE(range.freq >= 1);
        REQUIRE(range.low + range.freq <= 1u << ngram_precision);
        model.update(static_cast<std::uint8_t>(symbol));
    }
}

}  // namespace

TEST_CASE("ngram file: content comes back as it was", "[models]") {
    for (const unsigned order : {0u, 1u, 2u, 3u, 6u, 9u}) {
        const ngram_content content = small_content(order);
        const std::vector<std::byte> file = write_ngram(content);
        const ngram_content back = read_ngram(file);
        CHECK(back.order == order);
        CHECK(back.entries == content.entries);
        CHECK(back.fingerprint() == content.fingerprint());
        require_sound(back);
        CHECK(write_ngram(back) == file);
    }
}

TEST_CASE("ngram file: the sizes and bytes of format version 1", "[models]") {
    const std::vector<std::byte> file = write_ngram(small_content());
    CHECK(file.size() == 388);
    CHECK(crc32(std::span(file).first(file.size() - 4)) == 0x1a68334au);
    memory_sink sink;
    write_ngram(small_content(), sink);
    CHECK(std::vector<std::byte>(sink.bytes().begin(), sink.bytes().end()) == file);
}

TEST_CASE("ngram file: an empty model has a file too", "[models]") {
    const ngram_content content = ngram_trainer(ngram_options{.max_bytes = 0}).build();
    const std::vector<std::byte> file = write_ngram(content);
    const ngram_content back = read_ngram(file);
    CHECK(back.entries.empty());
    CHECK(back.contexts.size() == 1);
    CHECK(back.fingerprint() == content.fingerprint());
}

TEST_CASE("ngram file: every cut is named", "[models]") {
    const std::vector<std::byte> file = write_ngram(small_content());
    for (std::size_t size = 0; size < file.size(); ++size) {
        std::uint64_t offset = 0;
        REQUIRE(refusal(std::span(file).first(size), &offset) == errc::truncated);
        REQUIRE(offset == size);
    }
}

TEST_CASE("ngram file: the size of a file is known by its first bytes", "[models]") {
    CHECK(test::wrong_sizes(ngram_file_size, write_ngram(small_content()), 36) == 0);
}

TEST_CASE("ngram file: bytes behind the end are named", "[models]") {
    std::vector<std::byte> file = write_ngram(small_content());
    const std::size_t size = file.size();
    file.push_back(std::byte{0});
    std::uint64_t offset = 0;
    CHECK(refusal(file, &offset) == errc::corrupt);
    CHECK(offset == size);
}

TEST_CASE("ngram file: other kinds and versions are named", "[models]") {
    std::vector<std::byte> file = write_ngram(small_content());
    std::uint64_t offset = 0;
    CHECK(refusal(bytes_of(std::string_view("a text, and no model")), &offset) == errc::bad_magic);
    CHECK(offset == 0);
    file[8] = std::byte{2};
    test::mend_checksum(file);
    CHECK(refusal(file, &offset) == errc::bad_version);
    CHECK(offset == 8);
    file[8] = std::byte{1};
    file[9] = std::byte{10};
    test::mend_checksum(file);
    CHECK(refusal(file, &offset) == errc::bad_parameter);
    CHECK(offset == 9);
    file[9] = std::byte{4};
    file[11] = std::byte{1};
    test::mend_checksum(file);
    CHECK(refusal(file, &offset) == errc::bad_parameter);
    CHECK(offset == 10);
}

TEST_CASE("ngram file: every flipped bit is found", "[models]") {
    const std::vector<std::byte> file = write_ngram(small_content());
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::vector<std::byte> flipped = file;
            flipped[at] ^= static_cast<std::byte>(1u << bit);
            REQUIRE(refusal(flipped) != errc::io);
            if (at >= 32) {
                REQUIRE(refusal(flipped) == errc::bad_checksum);
            }
        }
    }
}

TEST_CASE("ngram file: with its checksum repaired, any damage is refused or harmless", "[models]") {
    test::random_source random(77);
    const std::vector<std::byte> file = write_ngram(small_content());
    const std::uint64_t fingerprint = small_content().fingerprint();
    for (std::size_t at = 8; at < file.size() - 4; ++at) {
        for (unsigned i = 0; i < 20; ++i) {
            std::vector<std::byte> damaged = file;
            damaged[at] = static_cast<std::byte>(random.bits(8));
            if (damaged == file) {
                continue;
            }
            test::mend_checksum(damaged);
            // The header has the content's fingerprint. So damage that is not refused has changed nothing: the last bytes
            // of a payload are not all needed, and a larger order than that of the contexts has no effect.
            std::uint64_t read = fingerprint;
            try {
                read = read_ngram(damaged).fingerprint();
            } catch (const error& refused) {
                REQUIRE(refused.code() != errc::bad_checksum);
            }
            REQUIRE(read == fingerprint);
        }
    }
}

TEST_CASE("ngram file: random payloads are refused, or sound", "[models]") {
    test::random_source random(78);
    unsigned sound = 0;
    for (unsigned i = 0; i < 3000; ++i) {
        ngram_content content;
        content.order = static_cast<unsigned>(random.below(10));
        std::vector<std::byte> payload(random.length(300));
        const std::uint64_t mask = random.bits(8);
        for (std::byte& byte : payload) {
            byte = static_cast<std::byte>(random.bits(8) | (random.chance(1, 2) ? mask : 0));
        }
        detail::bit_decoder coder(payload);
        const detail::ngram_walk_limits limits = detail::ngram_file_limits(payload.size());
        const auto walk = std::make_unique<detail::ngram_walk<detail::bit_decoder>>(content, coder, limits);
        if (walk->run()) {
            ++sound;
            require_sound(content);
        } else {
            REQUIRE((walk->entries() <= limits.entries && walk->contexts() <= limits.contexts));
        }
        REQUIRE(content.entries.size() <= limits.entries);
    }
    CHECK(sound > 10);
}

TEST_CASE("ngram file: numbers in the header ask for no memory that the file's size does not warrant", "[models]") {
    std::vector<std::byte> file = write_ngram(small_content());
    std::uint64_t offset = 0;
    store_little(file.data() + 16, std::uint32_t{0xffffffffu});
    test::mend_checksum(file);
    CHECK(refusal(file, &offset) == errc::too_large);
    CHECK(offset == 16);
    file = write_ngram(small_content());
    store_little(file.data() + 12, std::uint32_t{0xffffffffu});
    test::mend_checksum(file);
    CHECK(refusal(file, &offset) == errc::bad_parameter);
    CHECK(offset == 12);
    store_little(file.data() + 12, std::uint32_t{0});
    test::mend_checksum(file);
    CHECK(refusal(file, &offset) == errc::bad_parameter);
    store_little(file.data() + 20, std::uint32_t{0xffffffffu});
    CHECK(refusal(file) == errc::truncated);
}
