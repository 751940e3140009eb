using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>
/// A switch in memory: it learns on which port an Ethernet address is and sends frames there, those to groups and to addresses it does not
/// know to all other ports. As a hub it sends every frame to all other ports, as it does on links of plain IP.
/// </summary>
/// <remarks>Ports may be added at any time. Each belongs to a thread of its own, or all to one.</remarks>
public sealed class MemorySwitch : IMemoryFabric, IDisposable
{
    private const int MaxStations = 4096;

    private readonly Lock _lock = new();
    private readonly MemoryLinkOptions _options;
    private readonly bool _isHub;
    private readonly Dictionary<MacAddress, MemoryLink> _stations = [];
    private bool _isDisposed;

    /// <summary>Replaced as a whole: senders of other threads read it at any time.</summary>
    private volatile MemoryLink[] _ports = [];

    /// <summary>Makes a switch without ports.</summary>
    /// <param name="options">Of all its ports.</param>
    /// <param name="isHub">Whether it learns nothing.</param>
    public MemorySwitch(MemoryLinkOptions? options = null, bool isHub = false)
    {
        _options = options ?? new MemoryLinkOptions();
        _isHub = isHub || _options.Layer != LinkLayer.Ethernet;
    }

    /// <summary>Makes a link whose other end is the switch.</summary>
    /// <param name="hardwareAddress">The Ethernet address of its user.</param>
    public MemoryLink AddPort(MacAddress hardwareAddress)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        lock (_lock)
        {
            var port =
                new MemoryLink(this, _options, hardwareAddress, $"port {_ports.Length + 1} of a {(_isHub ? "hub" : "switch")} in memory");
            _ports = [.. _ports, port];
            return port;
        }
    }

    void IMemoryFabric.Carry(MemoryLink from, ReadOnlySpan<byte> frame, long timestamp)
    {
        if (FindPort(from, frame) is { } known)
        {
            if (known != from)
            {
                known.Deliver(frame, timestamp);
            }

            return;
        }

        foreach (var port in _ports)
        {
            if (port != from)
            {
                port.Deliver(frame, timestamp);
            }
        }
    }

    int IMemoryFabric.FreeFor(MemoryLink from) => int.MaxValue;

    void IMemoryFabric.Remove(MemoryLink link)
    {
        lock (_lock)
        {
            foreach (var (station, port) in _stations.ToArray())
            {
                if (port == link)
                {
                    _stations.Remove(station);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (var port in _ports)
        {
            port.Dispose();
        }
    }

    /// <summary>Learns where the sender is, and finds where the receiver is (IEEE 802.1D section 7.8).</summary>
    private MemoryLink? FindPort(MemoryLink from, ReadOnlySpan<byte> frame)
    {
        if (_isHub || !EthernetFrame.TryRead(frame, out var ethernet))
        {
            return null;
        }

        lock (_lock)
        {
            var source = ethernet.Source;
            if ((source.Value >> 40 & 1) == 0 && (_stations.Count < MaxStations || _stations.ContainsKey(source)))
            {
                _stations[source] = from;
            }

            return (ethernet.Destination.Value >> 40 & 1) == 0 ? _stations.GetValueOrDefault(ethernet.Destination) : null;
        }
    }
}
