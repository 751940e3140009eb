using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>A path whose MTU a test sets.</summary>
internal sealed class WirePath(InternetAddress source, InternetAddress destination, int mtu) : IpPath
{
    private int _mtu = mtu;
    private int _generation;

    public override InternetAddress Source => source;

    public override InternetAddress Destination => destination;

    public override int InterfaceNumber => 1;

    public override int Mtu => _mtu;

    public override int MtuGeneration => _generation;

    public override ChecksumCoverage Checksum => ChecksumCoverage.Whole;

    public int SuperSegment { get; set; }

    public override int MaxSuperSegment => SuperSegment;

    public override bool IsLoopback => false;

    public override bool ReduceMtu(int reported, int packetLength, Instant now)
    {
        var least = source.IsIPv4 ? 68 : 1280;
        var next = Math.Max(reported == 0 ? 576 : reported, least);
        if (next >= _mtu || next >= packetLength)
        {
            return false;
        }

        _mtu = next;
        _generation++;
        return true;
    }
}

/// <summary>IP without IP: what TCP sends goes to a delegate. It stays the double for tests of TCP alone.</summary>
internal sealed class WireOutput(InternetAddress address, Action<WirePath, byte[], int, IpDeparture> send) : IIpOutput
{
    private readonly Dictionary<InternetAddress, WirePath> _paths = [];
    private readonly byte[] _room = new byte[70_000];
    private WirePath? _reserved;

    public int Mtu { get; set; } = 1500;

    /// <summary>Whether the link takes nothing.</summary>
    public bool IsBusy { get; set; }

    public bool IsUnreachable { get; set; }

    /// <summary>Whether segments that came together are being taken.</summary>
    public bool IsTaking { get; set; }

    public bool TryFindPath(InternetAddress source, InternetAddress destination, int interfaceNumber, out IpPath path)
    {
        source = source.IsUnspecified ? address : source;
        if (!_paths.TryGetValue(destination, out var found) || found.Source != source)
        {
            found = new WirePath(source, destination, Mtu);
            _paths[destination] = found;
        }

        path = found;
        return !IsUnreachable;
    }

    public Span<byte> Reserve(IpPath path, int length)
    {
        if (IsBusy)
        {
            return default;
        }

        Assert.Null(_reserved);
        _reserved = (WirePath)path;
        return _room.AsSpan(0, length);
    }

    public void Send(in IpDeparture packet)
    {
        var path = _reserved;
        Assert.NotNull(path);
        _reserved = null;
        send(path, _room, packet.Length, packet);
    }

    public void Confirm(IpPath path, Instant now)
    {
    }
}
