namespace Portolan.Tests.Transport.Stack;

/// <summary>The samples do what they say.</summary>
public sealed class SampleTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Trait("Quick", "no")]
    [Fact]
    public async Task Kestrel_and_HttpClient_talk_over_a_lossy_link()
    {
        using var output = new StringWriter();
        await LossyKestrel.Sample.RunAsync(output).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Contains("hello 198.18.0.2\n", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("1,000,000 bytes uploaded, whole\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_protocol_survives_partitions()
    {
        using var output = new StringWriter();
        await PartitionedProtocol.Sample.RunAsync(output).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(
            "added 5: 5\ncut off, answered: False\njoined again, added 7: 12\ncut off for long: TimedOut\nconnected again, the sum is 12\n",
            output.ToString());
    }
}
