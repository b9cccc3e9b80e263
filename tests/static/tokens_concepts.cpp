// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of tokens/concepts.hpp, and which do not.

#include <support/token_archetypes.hpp>

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/tokens/concepts.hpp>
#include <equinfo/tokens/packer.hpp>
#include <equinfo/tokens/token_file.hpp>

namespace {

using namespace equinfo;
using namespace equinfo::test;

struct signed_tokens : minimal_packer {
    using token_type = std::int16_t;
};
struct bits_in_int : minimal_packer {
    int token_bits() const;
};
struct narrow_vocabulary : minimal_packer {
    std::uint32_t vocabulary_size() const;
};
struct pack_answers : minimal_packer {
    template <class Source>
    std::size_t pack(Source&, std::uint64_t, std::vector<std::uint16_t>&) const;
};
struct packs_into_other_tokens : minimal_packer {
    template <class Source>
    void pack(Source&, std::uint64_t, std::vector<std::uint32_t>&) const;
};
struct unpacks_other_tokens : minimal_packer {
    template <class Sink>
    void unpack(std::span<const std::uint32_t>, Sink&) const;
};

struct begin_answers : minimal_token_writer {
    bool begin();
};
struct takes_bytes : minimal_token_writer {
    void tokens(std::span<const std::byte>);
};
struct ends_by_name : minimal_token_writer {
    void end_document(const char*);
};
struct finish_answers : minimal_token_writer {
    bool finish();
};
struct counts_in_32_bits : minimal_token_writer {
    std::uint32_t token_count() const;
};
struct sums_in_64_bits : minimal_token_writer {
    std::uint64_t payload_crc() const;
};
struct position_changes_the_writer : minimal_token_writer {
    std::uint64_t position();
};
struct type_is_a_number : minimal_token_writer {
    unsigned type() const;
};

struct read_gives_nothing : minimal_token_reader {
    void read(std::span<token>);
};
struct total_always_known : minimal_token_reader {
    std::uint64_t token_total() const;
};

struct patches_always : minimal_patchable_sink {
    void can_patch() const;
};
struct patch_answers : minimal_patchable_sink {
    bool patch(std::uint64_t, std::span<const std::byte>);
};

// satisfied
static_assert(names_token_type<minimal_packer>);
static_assert(states_token_bits<minimal_packer>);
static_assert(states_vocabulary_size<minimal_packer>);
static_assert(packs_bits<minimal_packer>);
static_assert(unpacks_tokens<minimal_packer>);
static_assert(packer<minimal_packer>);
static_assert(packer<token_packer>);
static_assert(begins_file<minimal_token_writer>);
static_assert(takes_tokens<minimal_token_writer>);
static_assert(ends_document<minimal_token_writer>);
static_assert(finishes_file<minimal_token_writer>);
static_assert(counts_tokens<minimal_token_writer>);
static_assert(sums_payload<minimal_token_writer>);
static_assert(states_position<minimal_token_writer>);
static_assert(states_token_type<minimal_token_writer>);
static_assert(token_writer<minimal_token_writer>);
static_assert(token_writer<any_token_writer<memory_sink>>);
static_assert(gives_tokens<minimal_token_reader>);
static_assert(states_token_total<minimal_token_reader>);
static_assert(token_reader<minimal_token_reader>);
static_assert(token_reader<any_token_reader<memory_source>>);
static_assert(says_if_it_patches<minimal_patchable_sink>);
static_assert(overwrites_bytes<minimal_patchable_sink>);
static_assert(patchable_byte_sink<minimal_patchable_sink>);

// not satisfied
static_assert(!names_token_type<signed_tokens>);
static_assert(!states_token_bits<bits_in_int>);
static_assert(!states_vocabulary_size<narrow_vocabulary>);
static_assert(!packs_bits<pack_answers>);
static_assert(!packs_bits<packs_into_other_tokens>);
static_assert(!unpacks_tokens<unpacks_other_tokens>);
static_assert(!packer<signed_tokens>);
static_assert(!packer<bits_in_int>);
static_assert(!packer<minimal_token_writer>);
static_assert(!begins_file<begin_answers>);
static_assert(!takes_tokens<takes_bytes>);
static_assert(!ends_document<ends_by_name>);
static_assert(!finishes_file<finish_answers>);
static_assert(!counts_tokens<counts_in_32_bits>);
static_assert(!sums_payload<sums_in_64_bits>);
static_assert(!states_position<position_changes_the_writer>);
static_assert(!states_token_type<type_is_a_number>);
static_assert(!token_writer<begin_answers>);
static_assert(!token_writer<type_is_a_number>);
static_assert(!token_writer<minimal_token_reader>);
static_assert(!gives_tokens<read_gives_nothing>);
static_assert(!states_token_total<total_always_known>);
static_assert(!token_reader<read_gives_nothing>);
static_assert(!token_reader<minimal_token_writer>);
static_assert(!says_if_it_patches<patches_always>);
static_assert(!overwrites_bytes<patch_answers>);
static_assert(!patchable_byte_sink<patches_always>);
static_assert(!patchable_byte_sink<memory_source>);

}  // namespace
