// SPDX-License-Identifier: MIT
// Damaged, cut and invented token files and side records: each is read within bounds or refused with a code and a
// place.
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/token_files.hpp>

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/tokens/corpus.hpp>

#include <cstdlib>
#include <new>

using namespace equinfo;

// The largest single allocation, so that a length field that lies is seen. A sanitizer has allocators of its own; there
// the sizes are not looked at, and the bounds of each access are.
#if defined(__SANITIZE_ADDRESS__)
#define EQUINFO_TEST_KEEPS_ALLOCATOR
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define EQUINFO_TEST_KEEPS_ALLOCATOR
#endif
#endif

namespace {
std::size_t largest_allocation = 0;
}

#if !defined(EQUINFO_TEST_KEEPS_ALLOCATOR)
[[gnu::noinline]] void* operator new(std::size_t size) {
    largest_allocation = size > largest_allocation ? size : largest_allocation;
    if (void* room = std::malloc(size)) {
        return room;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* room) noexcept { std::free(room); }
[[gnu::noinline]] void operator delete(void* room, std::size_t) noexcept { std::free(room); }
#endif

namespace {

/// One to four changes: a flipped bit, another byte, a cut, extra bytes, an extreme number, a piece from elsewhere.
void mutate(test::random_source& random, std::vector<std::byte>& bytes) {
    for (std::uint64_t changes = random.between(1, 4); changes != 0; --changes) {
        if (bytes.empty()) {
            bytes.push_back(static_cast<std::byte>(random.bits(8)));
            continue;
        }
        // Headers lie in front: half of the changes go there.
        const std::size_t at = static_cast<std::size_t>(
            random.below(random.chance(1, 2) ? std::min<std::size_t>(bytes.size(), 100) : bytes.size()));
        switch (random.below(7)) {
            case 0:
                bytes[at] ^= std::byte{1} << random.below(8);
                break;
            case 1:
                bytes[at] = static_cast<std::byte>(random.bits(8));
                break;
            case 2:
                bytes.resize(at);
                break;
            case 3:
                bytes.resize(bytes.size() + random.below(40));
                break;
            case 4:
                if (at + 8 <= bytes.size()) {
                    const std::uint64_t numbers[] = {0, ~std::uint64_t{0}, std::uint64_t{1} << random.below(64),
                                                     random()};
                    store_little(bytes.data() + at, numbers[random.below(4)]);
                }
                break;
            case 5:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             bytes[static_cast<std::size_t>(random.below(bytes.size()))]);
                break;
            default:
                bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
                break;
        }
    }
}

/// Reads to the end or to the refusal. Everything but equinfo::error goes through and fails the test.
bool is_read(token_format format, token_type type, const test::token_file_bytes& bytes, std::size_t& count) {
    try {
        count = test::read_tokens(format, type, bytes).size();
        return true;
    } catch (const error& refusal) {
        REQUIRE(refusal.offset() <= std::max(bytes.file.size(), bytes.index.size()));
        REQUIRE(std::string_view(refusal.what()).size() > 20);
        return false;
    }
}

}  // namespace

TEST_CASE("token files: 24,000 mutations are read in bounds or refused", "[tokens]") {
    test::random_source random(7);
    std::size_t accepted = 0;
    std::size_t refused = 0;
    for (const token_format format : test::all_token_formats) {
        for (const token_type type : {token_type::uint16, token_type::uint32}) {
            const auto good = test::write_tokens(format, type, {{1, 2, 3, 65535}, {}, {7, 8}, {9}});
            for (int round = 0; round < 3000; ++round) {
                test::token_file_bytes bytes = good;
                mutate(random, format == token_format::megatron && random.chance(4, 5) ? bytes.index : bytes.file);
                CAPTURE(name_of(format), name_of(type), round);
                largest_allocation = 0;
                std::size_t count = 0;
                const bool read = is_read(format, type, bytes, count);
                REQUIRE(largest_allocation <= 128 * 1024);
                if (read) {
                    REQUIRE(count * bytes_per_token(token_type::uint8) <= bytes.file.size());
                }
                (read ? accepted : refused) += 1;
            }
        }
    }
    CHECK(accepted > 1000);  // a changed id in a raw file is a file like any other
    CHECK(refused > 10000);
}

TEST_CASE("side records: 20,000 mutations are refused, those with mended checksums read in bounds", "[tokens]") {
    test::random_source random(8);
    token_file_info info;
    info.layout = {.token_bits = 8, .window_bits = 16, .end_of_document_ids = true};
    info.special_count = 1;
    info.ending = "longest_match";
    info.model = "english";
    memory_sink record;
    memory_sink file;
    raw_token_writer<memory_sink> writer(file, {});
    corpus_writer corpus(writer, record, info);
    corpus.begin();
    for (token id = 0; id < 5; ++id) {
        corpus.begin_document();
        corpus.tokens(std::vector<token>(2 * id, id));
        corpus.end_document(16 * id, id);
    }
    corpus.finish();
    const std::vector<std::byte> good = record.take();
    std::size_t accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::vector<std::byte> bytes = good;
        mutate(random, bytes);
        const bool mended = round % 2 == 1 && bytes.size() >= 80;
        if (mended) {
            const std::size_t header =
                std::min<std::size_t>(load_little<std::uint16_t>(bytes.data() + 10), bytes.size());
            if (header >= 4) {
                store_little(bytes.data() + header - 4, crc32(std::span(bytes).first(header - 4)));
            }
            store_little(bytes.data() + bytes.size() - 4, crc32(std::span(bytes).first(bytes.size() - 4)));
        }
        CAPTURE(round);
        largest_allocation = 0;
        try {
            memory_source source(bytes);
            token_index_reader<memory_source> entries(source);
            memory_source tokens(file.bytes());
            raw_token_reader<memory_source> reader(tokens, token_type::uint16);
            corpus_reader documents(reader, entries);
            while (documents.next_document()) {
            }
            accepted += 1;
            REQUIRE((mended || bytes == good));
        } catch (const error& refusal) {
            REQUIRE(refusal.offset() <= std::max(bytes.size(), file.bytes().size()));
        }
        REQUIRE(largest_allocation <= 4096);
        try {
            memory_source source(bytes);
            static_cast<void>(read_token_index(source));
        } catch (const error&) {
        }
        REQUIRE(largest_allocation <= 4096 + 2 * bytes.size());
    }
    CHECK(accepted > 50);  // names, fingerprint and the like
}

TEST_CASE("token files: random bytes behind a right magic number are refused or read in bounds", "[tokens]") {
    test::random_source random(9);
    for (int round = 0; round < 4000; ++round) {
        const token_format format = test::all_token_formats[random.below(4)];
        test::token_file_bytes bytes{test::random_bytes(random, random.length(4000)), {}};
        bytes.index = test::random_bytes(random, random.length(500));
        const auto good = test::write_tokens(format, token_type::uint16, {{1}});
        auto& part = format == token_format::megatron ? bytes.index : bytes.file;
        const auto& from = format == token_format::megatron ? good.index : good.file;
        std::copy_n(from.begin(), std::min(from.size(), std::min<std::size_t>(part.size(), random.below(40))),
                    part.begin());
        std::size_t count = 0;
        largest_allocation = 0;
        static_cast<void>(is_read(format, token_type::uint16, bytes, count));
        REQUIRE(largest_allocation <= 128 * 1024);
    }
}
