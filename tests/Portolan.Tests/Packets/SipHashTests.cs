using Portolan.Packets;

namespace Portolan.Tests.Packets;

public sealed class SipHashTests
{
    // The key 00 01 … 0f of the reference implementation's vectors (Aumasson and Bernstein, appendix A and vectors.h).
    private static readonly SipHash Reference = new(0x0706050403020100, 0x0f0e0d0c0b0a0908);

    [Fact]
    public void The_reference_vectors_come_out()
    {
        Assert.Equal(0x726fdb47dd0e0e31u, Reference.Of([]));
        Assert.Equal(0x93f5f5799a932462u, Reference.Of([0x0706050403020100]));
        Assert.Equal(0x3f2acc7f57c29bdbu, Reference.Of([0x0706050403020100, 0x0f0e0d0c0b0a0908]));
    }

    [Fact]
    public void The_variant_of_fewer_rounds_is_the_one_that_Python_hashes_bytes_with()
    {
        // PYTHONHASHSEED=0 is a key of zeros: hash(bytes(range(8))), 16 and 40 of CPython 3.11.
        var zero = new SipHash(0, 0);
        Assert.Equal(0xead411e67ebe2eeau, zero.QuickOf([0x0706050403020100]));
        Assert.Equal(0x8972188433a5c5b7u, zero.QuickOf([0x0706050403020100, 0x0f0e0d0c0b0a0908]));
        Assert.Equal(0x8972188433a5c5b7u, zero.QuickOf(0x0706050403020100, 0x0f0e0d0c0b0a0908));
        Assert.Equal(
            0x95bc321ab41d8206u,
            zero.QuickOf([0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110, 0x1f1e1d1c1b1a1918, 0x2726252423222120]));
    }

    [Fact]
    public void Two_words_hash_alike_as_a_list_and_as_a_pair() =>
        Assert.Equal(Reference.Of([17, 4711]), Reference.Of(17, 4711));

    [Fact]
    public void Another_seed_is_another_key() =>
        Assert.NotEqual(SipHash.FromSeed(1).Of(1, 2), SipHash.FromSeed(2).Of(1, 2));
}
