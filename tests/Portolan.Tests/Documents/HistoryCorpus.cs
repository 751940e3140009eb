using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Tests.Documents;

/// <summary>Hosts, ports and changes with everything that a document may have to carry, and with nothing.</summary>
internal static class HistoryCorpus
{
    private const string Hostile = DocumentCorpus.Hostile;

    private static readonly HostKey Scanned = new(DocumentCorpus.Address("2001:db8::1"), null);

    private static readonly HostKey Chart = new(default, "");

    private static readonly HostKey Space = new(default, Hostile);

    private static readonly Endpoint Full = new()
    {
        Service = new ServiceFacts(Hostile, "ssl", Hostile, Hostile, Hostile),
        Certificate = new CertificateDates(Hostile, Hostile, DocumentCorpus.Noon, DocumentCorpus.Noon.AddTicks(1)),
        Banner = "\\x00" + Hostile,
        Owner = Hostile,
        Binds = new BindFacts([Hostile, "0.0.0.0"], 2),
        Reach = new ReachFacts("limited", Hostile, Hostile),
    };

    private static readonly Endpoint Sparse = new()
    {
        Service = new ServiceFacts("", null, null, null, null),
        Certificate = new CertificateDates("", null, null, null),
        Binds = new BindFacts([], 0),
        Reach = new ReachFacts("", null, null),
    };

    public static IReadOnlyList<KnownHost> Hosts { get; } =
    [
        Host(Scanned, null, Hostile, HostStatus.Up, DocumentCorpus.Noon), Host(Chart, Hostile, Hostile, HostStatus.Down, null),
        Host(Space, "web-3", null, HostStatus.Unknown, null),
    ];

    public static IReadOnlyList<KnownPort> Ports { get; } =
    [
        Port(Hosts[0], TransportProtocol.Tcp, 0, PortState.Open, Full, DocumentCorpus.Noon),
        Port(Hosts[1], TransportProtocol.UdpLite, 65535, PortState.OpenFiltered, Sparse, null),
        Port(Hosts[2], TransportProtocol.Udp, 53, PortState.Unknown, Endpoint.Bare, null),
    ];

    public static IReadOnlyList<Change> Changes { get; } =
    [
        .. ChangeKinds.All.Select((kind, i) => new Change(kind, i % 2 == 0 ? Scanned : Space)
        {
            HostName = i % 3 == 0 ? Hostile : null,
            Protocol = i < 3 ? null : TransportProtocol.Sctp,
            Ports = (i % 3) switch
            {
                0 => PortRanges.None,
                1 => PortRanges.Of(new PortNumber(443)),
                _ => PortRanges.Read("80,100-65535"),
            },
            Before = i == 0 ? Side.Nothing : new Side(Hostile, StateView.Of(PortState.Closed, isAnswer: true), Full, IsSilent: true),
            After = new Side("", i % 2 == 0 ? StateView.NotOpen : null, i % 2 == 0 ? Sparse : Endpoint.Bare, IsSilent: i % 2 == 1),
            IsWidened = i % 4 == 0,
            DaysLeft = i % 2 == 0 ? int.MinValue : null,
        }),
        new Change(ChangeKind.HostUp, Chart),
    ];

    public static IReadOnlyList<StoredChange> Stored { get; } =
        [.. Changes.Select((change, i) => new StoredChange(
            change, DocumentCorpus.Noon.AddTicks(i), i % 2 == 0 ? DocumentCorpus.Noon : null, i % 2 == 0 ? Hostile : null))];

    public static IReadOnlyList<PortMoment> Moments { get; } =
    [
        new(
            Hosts[0], TransportProtocol.Tcp, new PortLook(DocumentCorpus.Noon, StateView.Of(PortState.Open, true), Full, false),
            new PortLook(DocumentCorpus.Noon.AddDays(-1), null, Sparse, false),
            new PortLook(DocumentCorpus.Noon.AddDays(1), StateView.NotOpen, Endpoint.Bare, true)),
        new(Hosts[2], TransportProtocol.Udp, null, null, null),
    ];

    public static Comparison Comparison()
    {
        var a = new Snapshot
        {
            Source = Hostile,
            Format = "nmap XML",
            TakenAt = DocumentCorpus.Noon,
            IsComplete = false,
            Incomplete = Hostile,
            IsScopeUnknown = true,
            MissRateBound = 0.123456789123,
        };
        a.Note(Hostile);
        a.Note("");
        a.HostOf(Scanned);
        return new Comparison(a, new Snapshot { Source = "", Format = "" }, Changes, new SharedCoverage
        {
            Hosts = long.MaxValue,
            Ports = 1,
            MostPortsOfHost = 2,
            IsEven = true,
            HostsOnlyInA = 3,
            HostsOnlyInB = 4,
            OpenOnlyInA = 5,
            OpenOnlyInB = 6,
            Undecided = 7,
        });
    }

    private static KnownHost Host(HostKey key, string? machine, string? name, HostStatus status, DateTimeOffset? changed) =>
        new(7, key, machine, name, DocumentCorpus.Noon, DocumentCorpus.Noon.AddTicks(1), changed)
        {
            Last = new HostSnapshot(key),
            Known = new HostSnapshot(key) { Status = status },
        };

    private static KnownPort Port(
        KnownHost host, TransportProtocol protocol, ushort port, PortState state, Endpoint facts, DateTimeOffset? changed) =>
        new(
            host, new EndpointKey(protocol, new PortNumber(port)), StateView.Of(state, isAnswer: false), facts, DocumentCorpus.Noon,
            DocumentCorpus.Noon.AddMilliseconds(1), changed);
}
