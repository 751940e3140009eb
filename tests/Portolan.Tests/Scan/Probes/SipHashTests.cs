using Portolan.Scan.Probes;

namespace Portolan.Tests.Scan.Probes;

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
    public void Two_words_hash_alike_as_a_list_and_as_a_pair() =>
        Assert.Equal(Reference.Of([17, 4711]), Reference.Of(17, 4711));

    [Fact]
    public void Another_seed_is_another_key() =>
        Assert.NotEqual(SipHash.FromSeed(1).Of(1, 2), SipHash.FromSeed(2).Of(1, 2));
}
