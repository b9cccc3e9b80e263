// SPDX-License-Identifier: MIT
// The range decoder: the inverse of the encoder, byte for byte, and total.

#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/slices.hpp>

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>

#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

struct coded_message {
    slice_table table;
    std::vector<std::size_t> symbols;
    std::vector<std::byte> bytes;
};

coded_message random_message(random_source& random, message_end end, std::size_t longest = 300) {
    coded_message message{random_table(random, static_cast<unsigned>(random.between(1, max_precision))), {}, {}};
    range_encoder encoder;
    for (std::size_t i = random.length(longest); i > 0; --i) {
        message.symbols.push_back(message.table.draw(random));
        encoder.encode(message.table.range_of(message.symbols.back()), message.table.precision);
    }
    encoder.finish(end);
    message.bytes = encoder.take();
    return message;
}

std::size_t decode_one(range_decoder& decoder, const slice_table& table) {
    const frequency point = decoder.point(table.precision);
    REQUIRE(point < table.lows.back());
    const std::size_t symbol = table.locate(point);
    decoder.advance(table.range_of(symbol), table.precision);
    return symbol;
}

std::vector<std::size_t> decode(range_decoder& decoder, const slice_table& table, std::size_t count) {
    std::vector<std::size_t> symbols;
    while (symbols.size() < count) {
        symbols.push_back(decode_one(decoder, table));
    }
    return symbols;
}

}  // namespace

TEST_CASE("range_decoder: gives the symbols back and knows how many bytes they took", "[coding]") {
    random_source random(11);
    for (int round = 0; round < 3000; ++round) {
        const coded_message message = random_message(random, message_end::minimal);
        range_decoder decoder(message.bytes);
        REQUIRE(decode(decoder, message.table, message.symbols.size()) == message.symbols);
        REQUIRE(decoder.bytes_used() == message.bytes.size());
    }
}

TEST_CASE("range_decoder: a self-delimiting message may be followed by anything", "[coding]") {
    random_source random(12);
    for (int round = 0; round < 3000; ++round) {
        const coded_message message = random_message(random, message_end::self_delimiting);
        auto bytes = message.bytes;
        const auto more = round % 3 == 0   ? std::vector<std::byte>(20, std::byte{0xFF})
                          : round % 3 == 1 ? std::vector<std::byte>(20, std::byte{0})
                                           : random_bytes(random, random.length(20));
        bytes.insert(bytes.end(), more.begin(), more.end());
        range_decoder decoder(bytes);
        REQUIRE(decode(decoder, message.table, message.symbols.size()) == message.symbols);
        REQUIRE(decoder.bytes_used(message_end::self_delimiting) == message.bytes.size());
    }
}

TEST_CASE("range_decoder: messages one behind the other are told apart", "[coding]") {
    random_source random(13);
    std::vector<coded_message> messages;
    std::vector<std::byte> all;
    for (int i = 0; i < 50; ++i) {
        messages.push_back(random_message(random, message_end::self_delimiting, 50));
        all.insert(all.end(), messages.back().bytes.begin(), messages.back().bytes.end());
    }
    std::span<const std::byte> rest(all);
    for (const coded_message& message : messages) {
        range_decoder decoder(rest);
        REQUIRE(decode(decoder, message.table, message.symbols.size()) == message.symbols);
        rest = rest.subspan(decoder.bytes_used(message_end::self_delimiting));
    }
    CHECK(rest.empty());
}

TEST_CASE("range_decoder: fed in pieces it decodes what it decodes as a whole", "[coding]") {
    random_source random(14);
    for (int round = 0; round < 2000; ++round) {
        INFO("round " << round);
        coded_message message = random_message(random, message_end::minimal);
        if (round % 2 == 1) {  // what no encoder wrote
            message.bytes = round % 4 == 1 ? random_bytes(random, random.length(300))
                                           : std::vector<std::byte>(random.length(300), std::byte{0xFF});
        }
        range_decoder whole(message.bytes);
        const auto expected = decode(whole, message.table, message.symbols.size());

        range_decoder pieces;
        std::span<const std::byte> rest(message.bytes);
        std::vector<std::size_t> symbols;
        while (symbols.size() < expected.size()) {
            while (!pieces.ready()) {
                if (rest.empty()) {
                    pieces.end_input();
                } else {
                    const std::size_t count = std::min(rest.size(), 1 + random.length(12));
                    pieces.feed(rest.first(count));
                    rest = rest.subspan(count);
                }
            }
            symbols.push_back(decode_one(pieces, message.table));
        }
        REQUIRE(symbols == expected);
        REQUIRE(pieces.bytes_used() == whole.bytes_used());
    }
}

TEST_CASE("range_decoder: any bytes decode to symbols in bounds", "[coding]") {
    random_source random(15);
    for (int round = 0; round < 300; ++round) {
        const auto bytes = round < 4   ? std::vector<std::byte>(static_cast<std::size_t>(round), std::byte{0xFF})
                           : round < 8 ? std::vector<std::byte>(20, std::byte{0xFF})
                                       : random_bytes(random, random.length(200));
        range_decoder decoder(bytes);
        std::uint64_t used = 0;
        for (int i = 0; i < 2000; ++i) {
            const slice_table table = random_table(random, static_cast<unsigned>(random.between(1, 12)));
            REQUIRE(decode_one(decoder, table) < table.size());
            REQUIRE(decoder.bytes_used() >= used);  // never falls: what decoding loops rely on
            used = decoder.bytes_used();
        }
    }
}

TEST_CASE("range_decoder: a message is over at its end only, and only as the encoder ended it", "[coding]") {
    random_source random(16);
    for (int round = 0; round < 2000; ++round) {
        const coded_message message = random_message(random, message_end::minimal);
        const auto ends = [&](std::span<const std::byte> bytes) {
            range_decoder decoder(bytes);
            return decode(decoder, message.table, message.symbols.size()) == message.symbols && decoder.at_end();
        };
        REQUIRE(ends(message.bytes));
        auto longer = message.bytes;
        longer.push_back(std::byte{0});
        REQUIRE_FALSE(ends(longer));
        if (!message.bytes.empty()) {
            REQUIRE_FALSE(ends(std::span(message.bytes).first(message.bytes.size() - 1)));
            auto changed = message.bytes;
            changed[random.chance(1, 2) ? changed.size() - 1 : random.below(changed.size())] ^=
                static_cast<std::byte>(1u << random.below(8));
            REQUIRE_FALSE(ends(changed));
        }
    }
}

TEST_CASE("range_decoder: a message without bytes is a message of zeros", "[coding]") {
    range_decoder none(std::span<const std::byte>{});
    CHECK(none.bytes_used() == 0);
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(none.point(24) == 0);
        none.advance({0, 1 + static_cast<frequency>(i)}, 24);
    }
}

TEST_CASE("range_decoder: a million sure symbols use no byte", "[coding]") {
    range_encoder encoder;
    encoder.encode({1, 1}, 8);
    encoder.finish();
    range_decoder decoder(encoder.bytes());
    REQUIRE(decoder.point(8) == 1);
    decoder.advance({1, 1}, 8);
    for (int i = 0; i < 1000000; ++i) {
        decoder.advance({0, 1u << 16}, 16);
    }
    CHECK(decoder.bytes_used() == encoder.bytes().size());
}
