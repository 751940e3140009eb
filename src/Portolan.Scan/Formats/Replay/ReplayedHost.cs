using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Formats.Replay;

/// <summary>
/// A host as a file has it: ports one by one, and ports summed up by state and reason. One object serves host after host.
/// </summary>
internal sealed class ReplayedHost : HostReport
{
    private const int MostSpareSets = 16;
    private readonly List<PortResult> _listed = [];
    private readonly List<PortGroup> _hidden = [];
    private readonly List<PortGroup> _groups = [];
    private readonly PortSet[] _seen = [new(), new(), new()];
    private readonly List<PortSet> _spareSets = [];
    private bool _isGrouped;
    private bool _isSorted;

    /// <summary>Its address; <c>null</c> while the file has not named one.</summary>
    public InternetAddress? Address { get; set; }

    /// <summary>The name it was asked for by.</summary>
    public string? GivenName { get; set; }

    /// <summary>Its reverse name.</summary>
    public string? PointerName { get; set; }

    /// <summary>Everything but the address.</summary>
    public HostResult Result { get; set; }

    /// <summary>When work on it began.</summary>
    public DateTimeOffset Began { get; set; }

    /// <summary>When it was finished.</summary>
    public DateTimeOffset Finished { get; set; }

    /// <summary>Round-trip times.</summary>
    public RoundTrip? Measured { get; set; }

    public bool GivenUp { get; set; }

    /// <summary>Open ports prove little.</summary>
    public bool Everything { get; set; }

    /// <summary>Not finished.</summary>
    public bool Partial { get; set; }

    /// <summary>The ports one by one, in the order of the file.</summary>
    public IReadOnlyList<PortResult> Listed => _listed;

    /// <summary>Calls back for the ports that are listed one by one, in the order of the file.</summary>
    public void ForEachListed(Action<PortResult> visit) => _listed.ForEach(visit);

    /// <inheritdoc/>
    public override HostResult Host => Result with { Target = new Target(Address.GetValueOrDefault(), 0, GivenName) };

    /// <inheritdoc/>
    public override string? ReverseName => PointerName;

    /// <inheritdoc/>
    public override DateTimeOffset StartedAt => Began;

    /// <inheritdoc/>
    public override DateTimeOffset EndedAt => Finished;

    /// <inheritdoc/>
    public override RoundTrip? Times => Measured;

    public ReplayedTrace Way { get; } = new();

    /// <inheritdoc/>
    public override HostTrace? Trace => Address is { } address ? Way.Of(address) : null;

    /// <inheritdoc/>
    public override bool IsTimedOut => GivenUp;

    /// <inheritdoc/>
    public override bool AnswersEverything => Everything;

    /// <inheritdoc/>
    public override bool IsPartial => Partial;

    /// <inheritdoc/>
    public override IReadOnlyList<PortGroup> Groups
    {
        get
        {
            if (!_isGrouped)
            {
                _isGrouped = true;
                _groups.AddRange(_hidden);
                foreach (var port in _listed)
                {
                    Count(port);
                }
            }

            return _groups;
        }
    }

    /// <summary>Forgets the host before.</summary>
    public void Clear(DateTimeOffset time)
    {
        foreach (var port in _listed)
        {
            SeenOf(port.Port.Protocol).Remove(port.Port.Port);
        }

        foreach (var group in _hidden)
        {
            SeenOf(group.Protocol).ExceptWith(group.Ports);
        }

        foreach (var group in _groups)
        {
            _spareSets.Add(group.Ports);
        }

        // The sets of hidden ports were given by the file's reader, a set for each; those made here are few.
        _spareSets.RemoveRange(Math.Min(_spareSets.Count, MostSpareSets), Math.Max(0, _spareSets.Count - MostSpareSets));
        Way.Clear();
        _listed.Clear();
        _hidden.Clear();
        _groups.Clear();
        (_isGrouped, _isSorted) = (false, false);
        (Address, GivenName, PointerName, Measured) = (null, null, null, null);
        Result = new HostResult(default, HostStatus.Up, ReplyReason.UnknownResponse, 0, null);
        (Began, Finished, GivenUp, Everything, Partial) = (time, time, false, false, false);
    }

    /// <summary>The ports of a protocol that have a state.</summary>
    public PortSet SeenOf(TransportProtocol protocol) => _seen[protocol switch
    {
        TransportProtocol.Tcp => 0,
        TransportProtocol.Udp => 1,
        _ => 2,
    }];

    /// <summary>Adds a port; a second state of the same port is left out.</summary>
    public void Add(in PortResult port)
    {
        if (SeenOf(port.Port.Protocol).Add(port.Port.Port))
        {
            _listed.Add(port);
        }
    }

    /// <summary>Adds ports that were summed up; those that have a state already are taken out of <paramref name="ports"/>.</summary>
    public void Add(TransportProtocol protocol, PortState state, ReplyReason reason, PortSet ports)
    {
        ports.ExceptWith(SeenOf(protocol));
        if (!ports.IsEmpty)
        {
            SeenOf(protocol).UnionWith(ports);
            _hidden.Add(new PortGroup(protocol, state, reason, ports));
        }
    }

    /// <inheritdoc/>
    public override void ForEachPort(Action<PortResult> visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        if (!_isSorted)
        {
            _isSorted = true;
            _listed.Sort(
                static (a, b) =>
                    a.Port.Protocol != b.Port.Protocol ? a.Port.Protocol.CompareTo(b.Port.Protocol) : a.Port.Port.CompareTo(b.Port.Port));
        }

        var next = 0;
        foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp])
        {
            foreach (var port in SeenOf(protocol))
            {
                var name = new ProbePort(protocol, port);
                visit(next < _listed.Count && _listed[next].Port == name ? _listed[next++] : HiddenPort(name));
            }
        }
    }

    private PortResult HiddenPort(ProbePort port)
    {
        foreach (var group in _hidden)
        {
            if (group.Protocol == port.Protocol && group.Ports.Contains(port.Port))
            {
                return new PortResult(port, group.State, group.Reason, 0, Evidence.None, null);
            }
        }

        throw new InvalidOperationException($"{port} was seen and is in no group");
    }

    private void Count(in PortResult port)
    {
        for (var i = 0; i < _groups.Count; i++)
        {
            var group = _groups[i];
            if (group.Protocol == port.Port.Protocol && group.State == port.State && group.Reason == port.Reason)
            {
                // A set of hidden ports says which ports are hidden, so it is not added to.
                if (i < _hidden.Count && ReferenceEquals(group.Ports, _hidden[i].Ports))
                {
                    group = group with { Ports = group.Ports.Clone() };
                    _groups[i] = group;
                }

                group.Ports.Add(port.Port.Port);
                return;
            }
        }

        PortSet ports;
        if (_spareSets.Count > 0)
        {
            ports = _spareSets[^1];
            _spareSets.RemoveAt(_spareSets.Count - 1);
            ports.Remove(PortRange.All);
        }
        else
        {
            ports = new PortSet();
        }

        ports.Add(port.Port.Port);
        _groups.Add(new PortGroup(port.Port.Protocol, port.State, port.Reason, ports));
    }
}
