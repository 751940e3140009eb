using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Formats;

/// <summary>
/// Memory does not grow with results: after the first hosts, what a writer allocates for a host is little, and gone with it.
/// </summary>
public sealed class StreamingTests
{
    private const int Hosts = 100_000;

    /// <summary>Enumerators and the like, gone with the host. Bytes.</summary>
    private const int MostPerHost = 320;

    [Trait("Quick", "no")]
    [Theory]
    [InlineData("xml")]
    [InlineData("json")]
    [InlineData("grepable")]
    [InlineData("normal")]
    public void A_hundred_thousand_hosts_leave_nothing_behind_in_a_writer(string format)
    {
        var writer = Make(format);
        var report = new EndlessReport();
        writer.Started(ScanStories.Run);
        Tell(writer, report, 100);
        var allocated = Allocations.Fewest(() => Tell(writer, report, 1000)) / 1000;
        Assert.True(allocated <= MostPerHost, $"{allocated} bytes for each host");

        // Other tests of this process fill memory too, but what a writer keeps is there after every round.
        var kept = long.MaxValue;
        for (var round = 0; round < 5 && kept >= 1_000_000; round++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            Tell(writer, report, Hosts);
            kept = Math.Min(kept, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.True(kept < 1_000_000, $"{kept} bytes are kept after {Hosts} hosts");
        writer.Ended(ScanStories.End);
        (writer as IDisposable)?.Dispose();
    }

    private static void Tell(IScanObserver writer, EndlessReport report, int count)
    {
        for (var i = 0; i < count; i++)
        {
            report.Next();
            writer.HostFound(report.Host);
            writer.PortFound(report.Host.Target, EndlessReport.Open);
            writer.HostFinished(report);
        }
    }

    private static IScanObserver Make(string format) => format switch
    {
        "xml" => new NmapXmlWriter(Stream.Null, ScanStories.Options),
        "json" => new JsonLinesWriter(Stream.Null, ScanStories.Options),
        "grepable" => new GrepableWriter(Stream.Null, ScanStories.Options),
        _ => new NormalWriter(Stream.Null, ScanStories.Options),
    };

    /// <summary>A report that is moved from host to host as a run's is.</summary>
    private sealed class EndlessReport : HostReport
    {
        private readonly PortGroup[] _groups =
        [
            new(TransportProtocol.Tcp, PortState.Open, ReplyReason.SynAck, PortSet.Parse("80")),
            new(TransportProtocol.Tcp, PortState.Closed, ReplyReason.Reset, PortSet.Parse("100-999")),
            new(TransportProtocol.Udp, PortState.OpenFiltered, ReplyReason.NoResponse, PortSet.Parse("53")),
        ];

        private uint _address = 0xc612_0000;

        public static PortResult Open =>
            new(new ProbePort(TransportProtocol.Tcp, new PortNumber(80)), PortState.Open, ReplyReason.SynAck, 64, Evidence.SynAck, null);

        public override HostResult Host =>
            new(new Target(InternetAddress.FromIPv4(_address), 0, "www.example"), HostStatus.Up, ReplyReason.EchoReply, 64, null);

        public override string? ReverseName => null;

        public override DateTimeOffset StartedAt => ScanStories.Start;

        public override DateTimeOffset EndedAt => ScanStories.Start;

        public override RoundTrip? Times => ScanStories.RoundTrip;

        public override bool IsTimedOut => false;

        public override bool AnswersEverything => false;

        public override bool IsPartial => false;

        public override IReadOnlyList<PortGroup> Groups => _groups;

        public void Next() => _address++;

        public override void ForEachPort(Action<PortResult> visit)
        {
            visit(Open);
            for (ushort port = 100; port < 110; port++)
            {
                visit(new PortResult(
                    new ProbePort(TransportProtocol.Tcp, new PortNumber(port)), PortState.Closed, ReplyReason.Reset, 64, Evidence.None,
                    null));
            }

            visit(new PortResult(
                new ProbePort(TransportProtocol.Udp, new PortNumber(53)), PortState.OpenFiltered, ReplyReason.NoResponse, 0, Evidence.None,
                null));
        }
    }
}
