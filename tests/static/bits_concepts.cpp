// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of bits/concepts.hpp, and which do not.

#include <support/archetypes.hpp>

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>

#include <type_traits>

namespace {

using namespace equinfo;
using namespace equinfo::test;

struct write_answers : minimal_bit_sink {
    bool write(std::uint64_t, unsigned) { return true; }
};
struct write_takes_no_count : minimal_bit_sink {
    void write(std::uint64_t) {}
};
struct counts_int : minimal_bit_source {
    int bit_count() const { return 0; }
};
struct counts_only_when_mutable : minimal_bit_sink {
    std::uint64_t bit_count() { return 0; }
};
struct read_gives_nothing : minimal_bit_source {
    void read(unsigned) {}
};
struct overrun_is_bool : minimal_bit_source {
    bool overrun() const { return false; }
};
struct write_bytes_answers {
    std::size_t write(std::span<const std::byte> bytes) { return bytes.size(); }
};
struct read_bytes_gives_nothing {
    void read(std::span<std::byte>) {}
};

// satisfied
static_assert(writes_bits<minimal_bit_sink>);
static_assert(reads_bits<minimal_bit_source>);
static_assert(counts_bits<minimal_bit_sink>);
static_assert(counts_overrun<minimal_bit_source>);
static_assert(bit_sink<minimal_bit_sink>);
static_assert(bit_sink<bit_writer>);
static_assert(bit_source<minimal_bit_source>);
static_assert(bit_source<bit_reader>);
static_assert(byte_sink<minimal_byte_sink>);
static_assert(byte_sink<memory_sink>);
static_assert(byte_source<minimal_byte_source>);
static_assert(byte_source<memory_source>);

// not satisfied
static_assert(!writes_bits<write_answers>);
static_assert(!writes_bits<write_takes_no_count>);
static_assert(!writes_bits<const bit_writer>);
static_assert(!counts_bits<counts_int>);
static_assert(!counts_bits<counts_only_when_mutable>);
static_assert(!reads_bits<read_gives_nothing>);
static_assert(!counts_overrun<overrun_is_bool>);
static_assert(!bit_sink<bit_reader>);
static_assert(!bit_sink<counts_only_when_mutable>);
static_assert(!bit_source<bit_writer>);
static_assert(!bit_source<counts_int>);
static_assert(!bit_source<int>);
static_assert(!byte_sink<write_bytes_answers>);
static_assert(!byte_sink<memory_source>);
static_assert(!byte_sink<bit_writer>);
static_assert(!byte_source<read_bytes_gives_nothing>);
static_assert(!byte_source<memory_sink>);

// values
static_assert(std::is_copy_constructible_v<bit_reader>);
static_assert(std::is_nothrow_move_constructible_v<bit_writer>);

}  // namespace
