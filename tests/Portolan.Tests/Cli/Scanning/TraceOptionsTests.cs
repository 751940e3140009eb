namespace Portolan.Tests.Cli.Scanning;

/// <summary>--traceroute and what it goes with.</summary>
public sealed class TraceOptionsTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("--traceroute", true)]
    [InlineData("-sn --traceroute", true)]
    [InlineData("-sT -traceroute", true)]
    public void The_way_is_traced_when_it_is_asked_for(string words, bool isTraced) =>
        Assert.Equal(isTraced, ScanLine.Read($"{words} 192.0.2.1").Traceroute);

    [Theory]
    [InlineData("-sL --traceroute", "--traceroute cannot be combined with -sL, which sends nothing")]
    [InlineData("-g 53 --traceroute", "--traceroute cannot be combined with -g: the source port of a probe encodes its TTL")]
    public void What_means_nothing_is_refused_with_a_remedy(string words, string message)
    {
        var refusal = ScanLine.Refuse($"{words} 192.0.2.1");
        Assert.Equal(message, refusal.Message);
        Assert.NotNull(refusal.Hint);
    }
}
