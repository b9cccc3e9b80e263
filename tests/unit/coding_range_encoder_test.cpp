// SPDX-License-Identifier: MIT
// What the range encoder writes: the bytes of its slow twin, and not more of them than the information asks for.

#include <reference/reference_range_coder.hpp>
#include <support/catch.hpp>
#include <support/random.hpp>
#include <support/slices.hpp>

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>

#include <cmath>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

std::vector<std::uint8_t> bytes_in(const range_encoder& encoder) {
    const auto bytes = text_of(encoder.bytes());
    return {bytes.begin(), bytes.end()};
}

/// Chooses slices whose interval holds the middle of all messages, so that the bytes so far are 7F FF FF FF ... until a
/// last slice above the middle carries through all of them.
struct straddling {
    std::uint64_t middle = std::uint64_t{1} << 63;  // minus low
    std::uint64_t range = ~std::uint64_t{0};
    static constexpr unsigned precision = 16;

    frequency_range around(random_source& random) {
        const std::uint64_t unit = range >> precision;
        const std::uint64_t at = middle / unit;
        const std::uint64_t low = at - std::min(at, random.below(4));
        const std::uint64_t high = std::min<std::uint64_t>(at + 1 + random.below(4), 1u << precision);
        middle -= unit * low;
        range = unit * (high - low);
        while (range < std::uint64_t{1} << 56) {
            middle *= 256;
            range *= 256;
        }
        return {static_cast<frequency>(low), static_cast<frequency>(high - low)};
    }
};

}  // namespace

TEST_CASE("range_encoder: one that was moved from is as new", "[coding]") {
    range_encoder first;
    for (int i = 0; i < 1000; ++i) {
        first.encode({3, 1}, 8);
    }
    const std::size_t size = first.bytes().size();
    range_encoder second = std::move(first);
    CHECK(second.bytes().size() == size);
    REQUIRE(first.bytes().empty());
    first.encode({3, 1}, 8);
    second = std::move(first);
    REQUIRE(first.bytes().empty());
    second.finish();
    CHECK(second.bytes().size() == 1);
}

TEST_CASE("range_encoder: writes the bytes of the big-number twin at every precision", "[coding]") {
    random_source random(1);
    for (unsigned precision = 1; precision <= max_precision; ++precision) {
        for (int round = 0; round < 40; ++round) {
            INFO("precision " << precision << ", round " << round);
            const slice_table table = random_table(random, precision);
            const std::size_t length = random.length(400);
            reference_range_encoder twin;
            range_encoder minimal;
            range_encoder delimited;
            for (std::size_t i = 0; i < length; ++i) {
                // Half of the messages are of improbable symbols: those take the most bytes.
                const std::size_t symbol = round % 2 == 0 ? table.draw(random) : random.below(table.size());
                twin.encode(table.range_of(symbol), precision);
                minimal.encode(table.range_of(symbol), precision);
                delimited.encode(table.range_of(symbol), precision);
            }
            const auto predicted = minimal.finished_size();
            const auto predicted_delimited = delimited.finished_size(message_end::self_delimiting);
            minimal.finish();
            delimited.finish(message_end::self_delimiting);
            REQUIRE(bytes_in(minimal) == twin.finish(message_end::minimal));
            REQUIRE(bytes_in(delimited) == twin.finish(message_end::self_delimiting));
            REQUIRE(predicted == minimal.bytes().size());
            REQUIRE(predicted_delimited == delimited.bytes().size());
            REQUIRE(minimal.bit_count() == 8 * minimal.bytes().size());
        }
    }
}

TEST_CASE("range_encoder: precisions may change within a message", "[coding]") {
    random_source random(2);
    for (int round = 0; round < 200; ++round) {
        reference_range_encoder twin;
        range_encoder encoder;
        for (std::size_t i = random.length(300); i > 0; --i) {
            const auto precision = static_cast<unsigned>(random.between(1, max_precision));
            const auto low = static_cast<frequency>(random.bits(precision));
            const auto freq = static_cast<frequency>(1 + random.below((frequency{1} << precision) - low));
            twin.encode({low, freq}, precision);
            encoder.encode({low, freq}, precision);
        }
        encoder.finish();
        REQUIRE(bytes_in(encoder) == twin.finish(message_end::minimal));
    }
}

TEST_CASE("range_encoder: carries through thousands of FF bytes", "[coding]") {
    random_source random(3);
    for (const bool above : {false, true}) {
        straddling slices;
        reference_range_encoder twin;
        range_encoder encoder;
        for (int i = 0; i < 2000; ++i) {
            const frequency_range slice = slices.around(random);
            twin.encode(slice, straddling::precision);
            encoder.encode(slice, straddling::precision);
        }
        const std::uint64_t unit = slices.range >> straddling::precision;
        const auto at = static_cast<frequency>(slices.middle / unit);
        REQUIRE(at > 0);
        REQUIRE(at + 1 < frequency{1} << straddling::precision);
        const frequency_range last = above ? frequency_range{at + 1, 1} : frequency_range{at - 1, 1};
        twin.encode(last, straddling::precision);
        encoder.encode(last, straddling::precision);
        encoder.finish();
        const auto bytes = bytes_in(encoder);
        REQUIRE(bytes == twin.finish(message_end::minimal));
        REQUIRE(bytes.size() > 2000);
        CHECK(bytes[0] == (above ? 0x80 : 0x7F));
        CHECK(std::all_of(bytes.begin() + 1, bytes.begin() + 2000,
                          [above](std::uint8_t byte) { return byte == (above ? 0x00 : 0xFF); }));
    }
}

TEST_CASE("range_encoder: a message of 100 to 200 bytes takes at most 0.33 byte over its information", "[coding]") {
    random_source random(4);
    double minimal_bytes = 0;
    double delimited_bytes = 0;
    double information_bytes = 0;
    for (int message = 0; message < 2000; ++message) {
        const slice_table table(random, 16, 256);
        range_encoder minimal;
        range_encoder delimited;
        double information = 0;
        const auto length = random.between(100, 200);
        for (std::size_t i = 0; i < length; ++i) {
            const std::size_t symbol = table.draw(random);
            information += table.information(symbol);
            minimal.encode(table.range_of(symbol), 16);
            delimited.encode(table.range_of(symbol), 16);
        }
        minimal.finish();
        delimited.finish(message_end::self_delimiting);
        REQUIRE(static_cast<double>(minimal.bytes().size()) < information / 8 + 1.01);
        REQUIRE(static_cast<double>(delimited.bytes().size()) < information / 8 + 2.01);
        minimal_bytes += static_cast<double>(minimal.bytes().size());
        delimited_bytes += static_cast<double>(delimited.bytes().size());
        information_bytes += information / 8;
    }
    const double minimal_overhead = (minimal_bytes - information_bytes) / 2000;
    const double delimited_overhead = (delimited_bytes - information_bytes) / 2000;
    INFO("minimal " << minimal_overhead << ", self-delimiting " << delimited_overhead << " bytes a message");
    CHECK(minimal_overhead <= 0.33);
    CHECK(delimited_overhead <= 1.0);
}

TEST_CASE("range_encoder: a long message is within 0.005 % of its information", "[coding]") {
    random_source random(5);
    for (const unsigned precision : {8u, 12u, 16u, 24u}) {
        const slice_table table(random, precision, 200);
        range_encoder encoder;
        double information = 0;
        for (int i = 0; i < 300000; ++i) {
            const std::size_t symbol = random.chance(1, 2) ? table.draw(random) : random.below(table.size());
            information += table.information(symbol);
            encoder.encode(table.range_of(symbol), precision);
            if (i % 1000 == 0) {  // rounded down to whole bits, and 2^-64 of a bit short
                REQUIRE(static_cast<double>(encoder.bit_count()) <= information * 1.00001 + 1);
                REQUIRE(static_cast<double>(encoder.bit_count()) >= information * 0.99999 - 1.01);
            }
        }
        encoder.finish();
        CHECK(static_cast<double>(encoder.bit_count()) <= information * 1.00005 + 8);
    }
}

TEST_CASE("range_encoder: symbols of probability 1 cost nothing", "[coding]") {
    for (unsigned precision = 1; precision <= max_precision; ++precision) {
        const frequency_range sure{0, frequency{1} << precision};
        range_encoder alone;
        range_encoder between;
        range_encoder without;
        const auto code_some = [](range_encoder& encoder) {
            for (frequency i = 0; i < 10; ++i) {
                encoder.encode({i * 20, 13}, 8);
            }
        };
        code_some(between);
        code_some(without);
        const int times = precision % 8 == 0 ? 1000000 : 10000;
        for (int i = 0; i < times; ++i) {
            alone.encode(sure, precision);
            between.encode(sure, precision);
        }
        code_some(between);
        code_some(without);
        alone.finish();
        between.finish();
        without.finish();
        REQUIRE(alone.bytes().empty());
        REQUIRE(between.bytes().size() == without.bytes().size());
    }
}

TEST_CASE("range_encoder: nothing takes no byte, and self-delimiting nothing too", "[coding]") {
    range_encoder encoder;
    CHECK(encoder.bit_count() == 0);
    encoder.finish();
    CHECK(encoder.bytes().empty());
    encoder.clear();
    encoder.finish(message_end::self_delimiting);
    CHECK(encoder.bytes().size() <= 1);
}

TEST_CASE("range_encoder: clear and take leave it as new", "[coding]") {
    random_source random(6);
    const slice_table table(random, 12, 100);
    std::vector<std::size_t> symbols(500);
    for (auto& symbol : symbols) {
        symbol = table.draw(random);
    }
    range_encoder encoder;
    const auto code_all = [&] {
        for (const std::size_t symbol : symbols) {
            encoder.encode(table.range_of(symbol), 12);
        }
        encoder.finish();
        return bytes_in(encoder);
    };
    const auto first = code_all();
    encoder.clear();
    CHECK(code_all() == first);
    CHECK(encoder.take().size() == first.size());
    CHECK(encoder.bytes().empty());
    CHECK(code_all() == first);
    encoder.clear();
    encoder.reserve(10000);
    CHECK(encoder.bytes().empty());
    CHECK(code_all() == first);
}
