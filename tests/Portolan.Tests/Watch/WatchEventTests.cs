using Portolan.Model;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;
using Portolan.Watch.Watching;

namespace Portolan.Tests.Watch;

/// <summary>Events of <c>portolan watch</c> in words.</summary>
public sealed class WatchEventTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 27, 8, 14, 22, TimeSpan.Zero);
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(1), "x", "x");

    private static readonly Endpoint Web = new()
    {
        Owner = "nginx.service",
        Binds = new BindFacts(["0.0.0.0"], 2),
        Reach = new ReachFacts("reachable", "from 192.0.2.0/24", "inet fw input 3"),
    };

    [Theory]
    [InlineData(
        ChangeKind.Opened, "80/tcp opened: nginx.service, 0.0.0.0, reachable (from 192.0.2.0/24) by inet fw input 3",
        "portolan who 80/tcp")]
    [InlineData(
        ChangeKind.Closed, "80/tcp closed: it was nginx.service, 0.0.0.0, reachable (from 192.0.2.0/24) by inet fw input 3",
        "portolan history 80/tcp")]
    [InlineData(ChangeKind.Owner, "80/tcp changed its owner: a → b", "portolan who 80/tcp")]
    [InlineData(ChangeKind.Bind, "80/tcp is bound to other addresses: a → b", "portolan who 80/tcp")]
    [InlineData(ChangeKind.Reach, "80/tcp changed its reach: a → b", "portolan explain 80/tcp")]
    public void An_event_says_when_where_what_and_the_command(ChangeKind kind, string what, string command)
    {
        var said = WatchEvent.Of(Stored(kind, PortRanges.Of(new PortNumber(80))))!;

        Assert.Equal(
            ($"2026-11-27 09:14:22+01:00 web1: {what}; between 2026-11-27 09:13:22+01:00 and now", $"  {command}"), said.Lines(Zone));
        Assert.Equal("web1-7", said.Id);
    }

    [Fact]
    public void Many_ports_that_change_alike_are_one_event()
    {
        var said = WatchEvent.Of(Stored(ChangeKind.Opened, PortRanges.Read("4000-4999")))!;

        Assert.Equal((null, "portolan history"), (said.Port, said.Command));
        Assert.Contains("4000-4999/tcp opened: ", said.Lines(Zone).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_whose_owner_is_hidden_says_so()
    {
        var change = Stored(ChangeKind.Opened, PortRanges.Of(new PortNumber(80))).Change with { After = Side.Nothing };

        Assert.Contains(
            "80/tcp opened: its owner is hidden", WatchEvent.Of(new StoredChange(change, At, null, "web1"))!.Lines(Zone).What,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Other_changes_are_no_events() => Assert.All(
        ChangeKinds.All.Except([ChangeKind.Opened, ChangeKind.Closed, ChangeKind.Owner, ChangeKind.Bind, ChangeKind.Reach]),
        static kind => Assert.Null(WatchEvent.Of(Stored(kind, PortRanges.None))));

    private static StoredChange Stored(ChangeKind kind, PortRanges ports) => new(
        new Change(kind, new HostKey(default, ""))
        {
            Protocol = TransportProtocol.Tcp,
            Ports = ports,
            Before = new Side("a", null, Web, IsSilent: false),
            After = new Side("b", null, Web, IsSilent: false),
        },
        At, At.AddMinutes(-1), "web1")
    { Id = 7 };
}
