using Portolan.Scan.Results;

namespace Portolan.Watch.Snapshots;

/// <summary>Ports of a host that share what is known of their state.</summary>
public readonly record struct PortStates(TransportProtocol Protocol, PortRanges Ports, StateView State);

/// <summary>What a result says of a host.</summary>
/// <param name="key">The host.</param>
public sealed class HostSnapshot(HostKey key)
{
    private readonly List<PortStates> _spans = [];
    private readonly Dictionary<EndpointKey, Endpoint> _endpoints = [];

    /// <summary>The host.</summary>
    public HostKey Key { get; } = key;

    /// <summary>The name it was asked for by, or a chart's name of its host; <c>null</c> for an address.</summary>
    public string? Name { get; set; }

    /// <summary>Its reverse name; <c>null</c> where it is not known.</summary>
    public string? ReverseName { get; set; }

    /// <summary>Whether it is up.</summary>
    public HostStatus Status { get; set; }

    /// <summary>That it is down rests on silence.</summary>
    public bool IsStatusSilent { get; set; }

    /// <summary>The ports that were looked at, by protocol and state; each is in one of them. A port in none was not scanned.</summary>
    public IReadOnlyList<PortStates> Spans => _spans;

    /// <summary>The facts of open ports.</summary>
    public IReadOnlyDictionary<EndpointKey, Endpoint> Endpoints => _endpoints;

    /// <summary>The ports of a protocol that were looked at.</summary>
    public PortRanges CoverageOf(TransportProtocol protocol)
    {
        var ports = PortRanges.None;
        foreach (var span in _spans)
        {
            ports = span.Protocol == protocol ? ports.Union(span.Ports) : ports;
        }

        return ports;
    }

    /// <summary>The state of a port; <c>null</c> where it was not looked at.</summary>
    public StateView? StateOf(EndpointKey endpoint)
    {
        foreach (var span in _spans)
        {
            if (span.Protocol == endpoint.Protocol && span.Ports.Contains(endpoint.Port))
            {
                return span.State;
            }
        }

        return null;
    }

    /// <summary>The open ports.</summary>
    public IEnumerable<PortStates> OpenSpans() => _spans.Where(static span => span.State.States == PossibleStates.Open);

    /// <summary>Adds ports; what was said of them before is forgotten.</summary>
    public void Add(TransportProtocol protocol, PortRanges ports, StateView state)
    {
        ArgumentNullException.ThrowIfNull(ports);
        if (ports.IsEmpty)
        {
            return;
        }

        for (var i = _spans.Count - 1; i >= 0; i--)
        {
            if (_spans[i].Protocol != protocol)
            {
                continue;
            }

            if (_spans[i].State == state)
            {
                ports = ports.Union(_spans[i].Ports);
                _spans.RemoveAt(i);
            }
            else if (_spans[i].Ports.Except(ports) is { IsEmpty: false } left)
            {
                _spans[i] = _spans[i] with { Ports = left };
            }
            else
            {
                _spans.RemoveAt(i);
            }
        }

        _spans.Add(new PortStates(protocol, ports, state));
    }

    /// <summary>Sets the facts of an open port.</summary>
    public void Set(EndpointKey endpoint, Endpoint facts) => _endpoints[endpoint] = facts;

    /// <summary>Forgets the facts of ports that a later run looked at again.</summary>
    public void ForgetEndpoints(Predicate<EndpointKey> isMeant)
    {
        foreach (var endpoint in _endpoints.Keys.Where(endpoint => isMeant(endpoint)).ToList())
        {
            _endpoints.Remove(endpoint);
        }
    }

    /// <summary>Forgets all ports: a later run found the host down.</summary>
    public void ForgetPorts()
    {
        _spans.Clear();
        _endpoints.Clear();
    }
}
