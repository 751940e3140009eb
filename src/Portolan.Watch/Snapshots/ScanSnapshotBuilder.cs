using System.Globalization;
using Portolan.Scan.Formats;
using Portolan.Scan.Formats.Reading;
using Portolan.Scan.Results;

namespace Portolan.Watch.Snapshots;

/// <summary>Makes a snapshot of a scan's result as it is read. Of several runs of a file the later one counts where both looked.</summary>
/// <param name="snapshot">The snapshot.</param>
/// <param name="options">What the person says of the file.</param>
/// <param name="targets">The targets that the person names; <c>null</c> for those that the file says.</param>
internal sealed class ScanSnapshotBuilder(Snapshot snapshot, ResultOptions options, TargetScope? targets) : IResultSink
{
    private readonly Dictionary<TransportProtocol, PortRanges> _scope = [];
    private ResultHead _head = new([], []);
    private long _up;

    public void Start(ResultHead head)
    {
        (_head, _up) = (head, 0);
        _scope.Clear();
        if (!head.IsScopeUnknown)
        {
            foreach (var part in head.Parts)
            {
                AddScope(part.Protocol, part.Ports);
            }
        }

        if (options.TcpPorts is not null || options.UdpPorts is not null)
        {
            _scope.Clear();
            AddScope(TransportProtocol.Tcp, options.TcpPorts);
            AddScope(TransportProtocol.Udp, options.UdpPorts);
        }
        else
        {
            snapshot.IsScopeUnknown |= head.IsScopeUnknown;
        }

        snapshot.TakenAt = head.StartedAt ?? snapshot.TakenAt;
    }

    public void Host(in ScannedHost host)
    {
        var known = snapshot.HostOf(new HostKey(host.Address, null));
        known.Name = host.Name ?? known.Name;
        known.ReverseName = host.ReverseName ?? known.ReverseName;
        known.Status = host.Status == HostStatus.Unknown && known.Status != HostStatus.Unknown ? known.Status : host.Status;
        _up += host.Status == HostStatus.Up ? 1 : 0;
        known.IsStatusSilent = host.Status == HostStatus.Down && !IsAnswer(host.Reason);
        if (host.Status == HostStatus.Down)
        {
            known.ForgetPorts();
        }
        else if (!host.IsGivenUp)
        {
            AddPorts(known, host);
        }
    }

    public void Note(string text) => snapshot.Note(text);

    public void End(in ResultEnd end)
    {
        if (!end.IsComplete)
        {
            snapshot.IsComplete = false;
            snapshot.Incomplete ??= end.Incomplete;
        }

        snapshot.MissRateBound = end.MissRateBound is { } bound ? Math.Max(bound, snapshot.MissRateBound ?? 0) : snapshot.MissRateBound;
        if (end.HostsUp is { } up && up != _up)
        {
            // --open leaves out hosts that are up.
            return;
        }

        if (targets is not null)
        {
            snapshot.Scope = targets;
        }
        else if (end is { IsComplete: true, HostsTotal: { } total } && TargetScope.OfCommandLine(_head.Arguments) is { } named
            && named.Count == (UInt128)total)
        {
            snapshot.Scope = snapshot.Scope is null ? named : snapshot.Scope.With(named);
        }
    }

    /// <summary>Whether a reason is an answer, not silence.</summary>
    internal static bool IsAnswer(ReplyReason reason) => reason is not (ReplyReason.NoResponse or ReplyReason.UnknownResponse);

    private void AddScope(TransportProtocol protocol, PortSet? ports)
    {
        if (ports is { IsEmpty: false })
        {
            var ranges = PortRanges.Of(ports);
            _scope[protocol] = _scope.TryGetValue(protocol, out var known) ? known.Union(ranges) : ranges;
        }
    }

    private void AddPorts(HostSnapshot known, in ScannedHost host)
    {
        var named = new Dictionary<TransportProtocol, PortRanges>();
        foreach (var group in host.Groups)
        {
            var ports = PortRanges.Of(group.Ports);
            named[group.Protocol] = named.TryGetValue(group.Protocol, out var before) ? before.Union(ports) : ports;
            known.Add(group.Protocol, ports, StateView.Of(group.State, IsAnswer(group.Reason)));
        }

        if (!host.IsPartial && host.Status == HostStatus.Up)
        {
            foreach (var (protocol, ports) in _scope)
            {
                var rest = named.TryGetValue(protocol, out var seen) ? ports.Except(seen) : ports;
                known.Add(protocol, rest, host.Others is { } others
                    ? StateView.OfUnnamed(others.Where(other => other.Protocol == protocol).Select(static other => other.State))
                    : StateView.NotOpen);
                named[protocol] = ports;
            }
        }

        known.ForgetEndpoints(endpoint => named.TryGetValue(endpoint.Protocol, out var ports) && ports.Contains(endpoint.Port));
        foreach (var port in host.Ports ?? [])
        {
            if (port.State == PortState.Open && FactsOf(port) is { } facts)
            {
                known.Set(new EndpointKey(port.Port.Protocol, port.Port.Port), facts with
                {
                    Service = facts.Service is { } service ? service with { Scanner = _head.Scanner } : null,
                    BannerScanner = facts.Banner is null || _head.Scanner == "nmap" ? null : _head.Scanner,
                });
            }
        }
    }

    /// <summary>What is known of an open port besides its state; <c>null</c> for nothing.</summary>
    internal static Endpoint? FactsOf(in PortResult port)
    {
        var banner = BannerText.Of(port.Banner.Span);
        var service = port.Service is { Service: { } found } answer
            ? new ServiceFacts(
                found.Protocol.TrimEnd('?'), found.Tunnel, found.Product, found.Version, found.Info, answer.IsJoined)
            : null;
        CertificateDates? certificate = null;
        foreach (var fact in port.Facts ?? [])
        {
            certificate = fact.Id == "ssl-cert" ? CertificateOf(fact.Output) ?? certificate : certificate;
        }

        return banner is null && service is null && certificate is null
            ? null
            : new Endpoint { Banner = banner, Service = service, Certificate = certificate };
    }

    /// <summary>Reads the lines of <c>ssl-cert</c>, which nmap's script and ours share.</summary>
    internal static CertificateDates? CertificateOf(string output)
    {
        string? subject = null, issuer = null;
        DateTimeOffset? from = null, to = null;
        foreach (var line in output.Split('\n'))
        {
            subject ??= After(line, "Subject: ");
            issuer ??= After(line, "Issuer: ");
            from ??= TimeOf(After(line, "Not valid before: "));
            to ??= TimeOf(After(line, "Not valid after: "));
        }

        return subject is null ? null : new CertificateDates(subject, issuer, from, to);
    }

    private static string? After(string line, string label) =>
        line.TrimStart().StartsWith(label, StringComparison.Ordinal) ? line.TrimStart()[label.Length..].Trim() : null;

    private static DateTimeOffset? TimeOf(string? text) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
