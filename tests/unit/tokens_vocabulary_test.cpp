// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/token_files.hpp>

#include <equinfo/tokens/token_file.hpp>
#include <equinfo/tokens/vocabulary.hpp>

using namespace equinfo;

TEST_CASE("vocabulary: special ids follow the window tokens", "[tokens]") {
    const vocabulary ids(8, 5);
    CHECK(ids.window_token_count() == 256);
    CHECK(ids.size() == 261);
    CHECK(ids.special(special_token::end_of_document) == 256);
    CHECK(ids.special(special_token::begin_of_document) == 257);
    CHECK(ids.special(special_token::pad) == 258);
    CHECK(ids.special(4) == 260);
    CHECK(ids.is_window_token(255));
    CHECK_FALSE(ids.is_special(255));
    CHECK(ids.is_special(256));
    CHECK(ids.is_special(260));
    CHECK_FALSE(ids.is_special(261));
    CHECK_FALSE(ids.contains(261));
    CHECK(vocabulary(16).special_count() == 1);
}

TEST_CASE("vocabulary: a special id that is not there is an error", "[tokens]") {
    const vocabulary ids(8, 1);
    CHECK(ids.has(special_token::end_of_document));
    CHECK_FALSE(ids.has(special_token::begin_of_document));
    const auto by_name = test::error_of([&] { static_cast<void>(ids.special(special_token::pad)); });
    REQUIRE(by_name);
    CHECK(by_name->code == errc::bad_parameter);
    CHECK(test::contains(by_name->what, "pad"));
    const auto by_number = test::error_of([&] { static_cast<void>(ids.special(1)); });
    REQUIRE(by_number);
    CHECK(by_number->code == errc::bad_parameter);
}

TEST_CASE("vocabulary: the smallest type that holds every id", "[tokens]") {
    CHECK(vocabulary(8, 0).smallest_type() == token_type::uint8);
    CHECK(vocabulary(8, 1).smallest_type() == token_type::uint16);
    CHECK(vocabulary(7, 128).smallest_type() == token_type::uint8);
    CHECK(vocabulary(7, 129).smallest_type() == token_type::uint16);
    CHECK(vocabulary(16, 0).smallest_type() == token_type::uint16);
    CHECK(vocabulary(16, 1).smallest_type() == token_type::uint32);
    CHECK(vocabulary(15, 32768).smallest_type() == token_type::uint16);
    CHECK(vocabulary(32, 0).smallest_type() == token_type::uint32);
    CHECK(vocabulary(31, 0x80000000u).size() == std::uint64_t{1} << 32);
    CHECK(smallest_type_for(token_format::llmc, vocabulary(8, 0)) == token_type::uint16);
    CHECK(smallest_type_for(token_format::npy, vocabulary(8, 0)) == token_type::uint8);
    CHECK(smallest_type_for(token_format::megatron, vocabulary(31, 0)) == token_type::uint32);
    const auto caught =
        test::error_of([] { static_cast<void>(smallest_type_for(token_format::megatron, vocabulary(31, 1))); });
    REQUIRE(caught);
    CHECK(caught->code == errc::token_overflow);
}

TEST_CASE("vocabulary: ids that do not fit are an error that says why and what to do", "[tokens]") {
    const vocabulary ids(16, 1);
    const auto caught = test::error_of([&] { ids.require_fits(token_type::uint16); });
    REQUIRE(caught);
    CHECK(caught->code == errc::token_overflow);
    CHECK(test::contains(caught->what, "65,536 window tokens"));
    CHECK(test::contains(caught->what, "no id is left for end_of_document"));
    CHECK(test::contains(caught->what, "larger type"));
    CHECK_FALSE(test::error_of([&] { ids.require_fits(token_type::uint32); }));
    CHECK_FALSE(test::error_of([&] { vocabulary(16, 0).require_fits(token_type::uint16); }));
    CHECK(test::error_of([&] { vocabulary(9, 0).require_fits(token_type::uint8); }));

    const auto full = test::error_of([] { vocabulary(32, 1); });
    REQUIRE(full);
    CHECK(full->code == errc::token_overflow);
    CHECK(test::error_of([] { vocabulary(31, 0x80000001u); }));
    for (const unsigned wrong : {0u, 33u}) {
        const auto bits = test::error_of([&] { vocabulary{wrong}; });
        REQUIRE(bits);
        CHECK(bits->code == errc::bad_parameter);
    }
}
