using Portolan.Kernel.Tests.Firewall.Reading;

namespace Portolan.Kernel.Tests.Firewall.Rendering;

/// <summary>Loading our text through nft gives the same bytecode.</summary>
public sealed class RenderingKernelTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Firewall", "Rendering", "Corpus")).Select(f => Path.GetFileName(f))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Rules_of_the_corpus_come_back_as_they_were(string file) => RoundTrip.Check(Corpus.Lines(file));

    [Fact]
    public void A_ruleset_with_everything_comes_back_as_it_was()
    {
        // A control group is a number in the kernel and a path in nft.
        var lines = EveryExpression.Ruleset.Split('\n').Where(l => !l.Contains("cgroupv2", StringComparison.Ordinal));
        RoundTrip.Check(string.Join('\n', lines));
    }
}
