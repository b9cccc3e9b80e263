// SPDX-License-Identifier: MIT
// The worked example of docs/format.md, as it stands there.

#include <support/archives.hpp>
#include <support/catch.hpp>
#include <support/corpus.hpp>

#include <equinfo/archive/message.hpp>
#include <equinfo/models/adaptive_model.hpp>

#include <string>
#include <vector>

using namespace equinfo;
using namespace equinfo::test;

namespace {

/// The hexadecimal bytes between the lines ``` behind the words `after`.
archive_bytes quoted_bytes(const std::string& after) {
    const auto file = read_file(source_directory() / "docs" / "format.md");
    const std::string page(file.begin(), file.end());
    const std::size_t start = page.find("```\n", page.find(after)) + 4;
    const std::size_t end = page.find("```", start);
    REQUIRE(end != std::string::npos);
    archive_bytes bytes;
    for (std::size_t at = start; at < end; at += 3) {
        bytes.push_back(static_cast<std::byte>(std::stoul(page.substr(at, 2), nullptr, 16)));
    }
    return bytes;
}

}  // namespace

TEST_CASE("docs/format.md: the message of the example is the one that is written", "[archive]") {
    const archive_bytes message = quoted_bytes("the **message** is");
    CHECK(compress("aaaaaaaa", adaptive_model{}) == message);
    CHECK(decompress(message, adaptive_model{}) == "aaaaaaaa");
}

TEST_CASE("docs/format.md: the archive of the example is the one that is written", "[archive]") {
    const archive_bytes archive = quoted_bytes("as an **archive**");
    CHECK(pack(text_of("aaaaaaaa!"), adaptive_model{}, {"adaptive", 8, 1}) == archive);
    CHECK(string_of(unpack(archive, adaptive_model{})) == "aaaaaaaa!");
    CHECK(adaptive_model{}.fingerprint() == 0xA8DF193C903A0264);
}

TEST_CASE("docs/format.md: the states of the example are those of the encoder", "[archive]") {
    // The sizes and runs of the table; the digits themselves are checked by the message.
    adaptive_model model;
    range_encoder encoder;
    std::vector<std::uint64_t> sizes;
    std::vector<frequency_range> slices;
    for (int i = 0; i < 8; ++i) {
        slices.push_back(model.predict().range_of('a'));
        encode_symbol(model, 'a', encoder);
        sizes.push_back(encoder.finished_size());
    }
    CHECK(sizes == std::vector<std::uint64_t>{1, 2, 2, 2, 3, 3, 3, 3});
    CHECK(slices[0] == frequency_range{397312, 4096});
    CHECK(slices[1] == frequency_range{353166, 120149});
    CHECK(slices[7] == frequency_range{211899, 491520});
}
