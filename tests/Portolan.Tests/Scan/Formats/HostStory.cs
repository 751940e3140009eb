using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Identification;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Formats;

/// <summary>A host report made by hand.</summary>
internal sealed class HostStory : HostReport
{
    private readonly List<PortResult> _ports = [];

    public HostStory(string address, string? name = null)
    {
        Assert.True(InternetAddress.TryParse(address, out var parsed));
        Result = new HostResult(new Target(parsed, 0, name), HostStatus.Up, ReplyReason.UserSet, 0, null);
    }

    public HostResult Result { get; set; }

    public string? Reverse { get; init; }

    public bool TimedOut { get; init; }

    public bool Everything { get; init; }

    public bool Partial { get; init; }

    public RoundTrip? RoundTrip { get; init; }

    public IReadOnlyList<PortResult> Ports => _ports;

    public override HostResult Host => Result;

    public override string? ReverseName => Reverse;

    public override DateTimeOffset StartedAt => ScanStories.Start;

    public override DateTimeOffset EndedAt => ScanStories.Start.AddSeconds(1);

    public override RoundTrip? Times => RoundTrip;

    public HostTrace? Way { get; init; }

    public override HostTrace? Trace => Way;

    public override bool IsTimedOut => TimedOut;

    public override bool AnswersEverything => Everything;

    public override bool IsPartial => Partial;

    public override IReadOnlyList<PortGroup> Groups => field ??= MakeGroups();

    public HostStory Status(HostStatus status, ReplyReason reason, byte ttl = 0, MacAddress? hardware = null)
    {
        Result = Result with { Status = status, Reason = reason, TimeToLive = ttl, HardwareAddress = hardware };
        return this;
    }

    /// <summary>Adds ports of one state, such as <c>1-21,23</c>.</summary>
    public HostStory With(TransportProtocol protocol, string ports, PortState state, ReplyReason reason, byte ttl = 64, string? by = null)
    {
        InternetAddress? router = by is not null && InternetAddress.TryParse(by, out var address) ? address : null;
        foreach (var port in PortSet.Parse(ports))
        {
            _ports.Add(new PortResult(
                new ProbePort(protocol, port), state, reason, ttl, state == PortState.Open ? Evidence.SynAck : Evidence.None, router));
        }

        return this;
    }

    /// <summary>A port says something first.</summary>
    public HostStory Is(int port, ServiceAnswer answer)
    {
        var at = _ports.FindIndex(p => p.Port.Port.Value == port);
        _ports[at] = _ports[at] with
        {
            Service = answer,
            Facts = answer.Facts,
            Evidence = answer.Service is null ? _ports[at].Evidence : Evidence.Identified,
        };
        return this;
    }

    public HostStory Says(int port, string text, BannerState state = BannerState.None)
    {
        var at = _ports.FindIndex(p => p.Port == new ProbePort(TransportProtocol.Tcp, new PortNumber((ushort)port)));
        _ports[at] = _ports[at] with
        {
            Banner = System.Text.Encoding.UTF8.GetBytes(text),
            Evidence = Evidence.Handshake,
            BannerState = state,
        };
        return this;
    }

    public HostStory Open(string ports) => With(TransportProtocol.Tcp, ports, PortState.Open, ReplyReason.SynAck);

    public HostStory Closed(string ports) => With(TransportProtocol.Tcp, ports, PortState.Closed, ReplyReason.Reset);

    public HostStory Silent(string ports) => With(TransportProtocol.Tcp, ports, PortState.Filtered, ReplyReason.NoResponse, ttl: 0);

    public HostStory SilentUdp(string ports) => With(TransportProtocol.Udp, ports, PortState.OpenFiltered, ReplyReason.NoResponse, ttl: 0);

    public override void ForEachPort(Action<PortResult> visit)
    {
        foreach (var port in _ports.OrderBy(p => p.Port.Protocol).ThenBy(p => p.Port.Port.Value))
        {
            visit(port);
        }
    }

    /// <summary>Tells the host as a run would.</summary>
    public void Tell(IScanObserver observer)
    {
        if (Result.Status == HostStatus.Up)
        {
            observer.HostFound(Result);
        }

        foreach (var port in _ports.Where(p => p.Reason != ReplyReason.NoResponse))
        {
            observer.PortFound(Result.Target, port);
        }

        observer.HostFinished(this);
    }

    private List<PortGroup> MakeGroups() =>
        [.. _ports.GroupBy(p => (p.Port.Protocol, p.State, p.Reason)).Select(
            g => new PortGroup(g.Key.Protocol, g.Key.State, g.Key.Reason, new PortSet(g.Select(p => p.Port.Port).ToArray())))];
}
