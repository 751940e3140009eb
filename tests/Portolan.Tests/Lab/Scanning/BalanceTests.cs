using Portolan.Scan.Engine;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>What a balance counts as the ports' own probes, and what as others.</summary>
public sealed class BalanceTests
{
    [Theory]
    [InlineData("198.18.0.7")]
    [InlineData("198.51.100.2")]
    public void Where_every_port_answers_once_as_many_probes_are_sent_as_were_planned(string target)
    {
        using var lab = new ScanLab(
            """
            beside: { address: 198.18.0.7, ports: { "80": open } }
            one: { address: 198.51.100.2, ports: { "80": open } }
            """);
        var end = lab.Scan(new ScanSettings { Seed = 3 }, [target], ScanLab.Tcp(1, 200)).End;
        Assert.Equal(200UL, end.ProbesPlanned);
        Assert.Equal((200, 0, 200), (end.ProbesSent - end.Beside.Sent, end.Retries - end.Beside.Retries, end.Replies - end.Beside.Replies));
        Assert.True(end.Beside.Sent > 0);
        Assert.True(end.Beside.Replies > 0);
    }

    /// <summary>Three high ports were asked besides, and none of their answers was counted; nor was the gateway's.</summary>
    [Theory]
    [InlineData("198.18.0.7", 4)]
    [InlineData("198.51.100.2", 4)]
    public void Where_all_is_answered_all_that_was_sent_is_counted_as_answered(string target, int beside)
    {
        using var lab = new ScanLab(
            """
            beside: { address: 198.18.0.7, ports: { "80": open } }
            one: { address: 198.51.100.2, ports: { "80": open } }
            """);

        var settings = new ScanSettings { Seed = 3, Discovery = new DiscoverySettings { Skip = true } };
        var end = lab.Scan(settings, [target], ScanLab.Tcp(80, 80)).End;

        // The neighbour or the gateway is asked for its hardware address, and three ports whether everything is open.
        Assert.Equal((beside, 0, beside), (end.Beside.Sent, end.Beside.Retries, end.Beside.Replies));
        Assert.Equal(beside + 1, end.ProbesSent);
        Assert.Equal(beside + 1, end.Replies);
    }
}
