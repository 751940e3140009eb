using System.Text;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;

namespace Portolan.Tests.Scan.Formats;

/// <summary>Runs told by hand, and what the formats make of them.</summary>
internal static class ScanStories
{
    public const TransportProtocol Tcp = TransportProtocol.Tcp;

    public const TransportProtocol Udp = TransportProtocol.Udp;

    public static DateTimeOffset Start { get; } = new(2026, 11, 6, 11, 13, 3, TimeSpan.Zero);

    public static ScanOutputOptions Options { get; } = new()
    {
        Arguments = ["portolan", "scan", "-sS", "-sU", "-v", "198.18.0.0/29"],
        Version = "1.2.3",
        Verbosity = 1,
    };

    public static ScanStart Run { get; } =
        new(Start, ScanMode.Raw, "CAP_NET_RAW", 0xffff_ffff_ffff_fff0, 8, 2944, ["198.18.0.0/29 over v0"])
        {
            Parts = [new ScanPart("syn", Tcp, PortSet.Parse("1-365,8080")), new ScanPart("udp", Udp, PortSet.Parse("53,67"))],
        };

    public static ScanEnd End { get; } = new(
        Start.AddSeconds(2.34), TimeSpan.FromSeconds(2.34), HostsUp: 6, HostsDown: 2, HostsTotal: 8, ProbesPlanned: 2944, ProbesSent: 3100,
        Retries: 130, NotSent: 4,
        Replies: 2900, ProbeLoss: 0.0123, EstimatedMissRate: 0.00001, IsComplete: true, Incomplete: null)
    {
        Beside = new Portolan.Scan.Engine.BesideCounts(40, 30, 35),
        Losses = new ScanLosses(
            new MissFigure(2900, 44, 0, 0.00001, 0.0004, null), new MissFigure(6, 2, 0, null, null, "too few answers"),
            new PathLoss(3000, 0.0123, 0.0161), new HostLimits(1, 0),
            new LocalLoss(4, 12)),
    };

    public static RoundTrip RoundTrip { get; } =
        new(TimeSpan.FromMicroseconds(35), TimeSpan.FromMicroseconds(3756), TimeSpan.FromMilliseconds(100));

    /// <summary>One of each: every state, reason and note that a host can have.</summary>
    public static IReadOnlyList<HostStory> Hosts() =>
    [
        new HostStory("198.18.0.1") { RoundTrip = RoundTrip, Reverse = "gate.example" }
            .Status(HostStatus.Up, ReplyReason.ArpResponse, hardware: new MacAddress(0x001b_21aa_bb02))
            .Open("22,80").Says(22, "SSH-2.0-\e[2J<&>\u202e \"x\"\r\n").Closed("1-21,23-79,81-299,365,8080")
            .With(Tcp, "311-340", PortState.Filtered, ReplyReason.AdministrativelyProhibited, by: "198.18.1.1")
            .With(Tcp, "341-364", PortState.Filtered, ReplyReason.HostUnreachable, by: "198.18.1.1").Silent("300-310")
            .SilentUdp("67").With(Udp, "53", PortState.Open, ReplyReason.UdpResponse),
        new HostStory("198.18.0.2", "www.example") { RoundTrip = RoundTrip }
            .Status(HostStatus.Up, ReplyReason.EchoReply, 63).Closed("1,3-5").Open("2")
            .With(Tcp, "7", PortState.Filtered, ReplyReason.AdministrativelyProhibited, ttl: 62, by: "198.18.1.1")
            .With(Udp, "53", PortState.Closed, ReplyReason.PortUnreachable).SilentUdp("67"),
        new HostStory("198.18.0.3").Status(HostStatus.Down, ReplyReason.NoResponse),
        new HostStory("198.18.0.4") { TimedOut = true }.Status(HostStatus.Up, ReplyReason.SynAck, 64).Open("80"),
        new HostStory("198.18.0.5") { Everything = true, Partial = true }.Status(HostStatus.Up, ReplyReason.Reset, 64).Open("1-4")
            .With(Tcp, "5", PortState.Unfiltered, ReplyReason.Reset)
            .With(Tcp, "6", PortState.ClosedFiltered, ReplyReason.NoResponse, ttl: 0)
            .With(Tcp, "9", PortState.Filtered, ReplyReason.SynProxy),
        new HostStory("2001:db8::5") { RoundTrip = RoundTrip }.Status(
            HostStatus.Up, ReplyReason.NeighbourResponse, 255, new MacAddress(0x0200_0000_0001))
            .Closed("1-60"),
    ];

    /// <summary>Tells a run to an observer.</summary>
    public static void Tell(IScanObserver observer, IEnumerable<HostStory> hosts, ScanEnd? end = null)
    {
        observer.Started(Run);
        observer.Progress(new ScanProgress("SYN scan", 0.251, TimeSpan.FromSeconds(1.5), 1000, 900, 12345.678, 3, 1));
        observer.Progress(new ScanProgress("SYN scan", 0.99, null, 3000, 2900, 0, 3, 2));
        foreach (var host in hosts)
        {
            host.Tell(observer);
        }

        observer.Warning("frames of our own were lost");
        observer.Ended(end ?? End);
    }

    public static string Xml(IEnumerable<HostStory> hosts, ScanOutputOptions? options = null, ScanEnd? end = null) =>
        Written(stream => new NmapXmlWriter(stream, options ?? Options), hosts, end);

    public static string Json(IEnumerable<HostStory> hosts, ScanOutputOptions? options = null, ScanEnd? end = null) =>
        Written(stream => new JsonLinesWriter(stream, options ?? Options), hosts, end);

    public static string Written(Func<Stream, IScanObserver> make, IEnumerable<HostStory> hosts, ScanEnd? end = null)
    {
        using var stream = new MemoryStream();
        var observer = make(stream);
        Tell(observer, hosts, end);
        (observer as IDisposable)?.Dispose();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
