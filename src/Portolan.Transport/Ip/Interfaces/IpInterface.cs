using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Addressing;

namespace Portolan.Transport.Ip;

/// <summary>An interface of a stack. Made by <see cref="NetworkStack.Attach(Portolan.Packets.Links.IPacketLink, string[])"/>.</summary>
public sealed class IpInterface
{
    private readonly IpHost _host;
    private readonly List<HostAddress> _addresses = [];
    private readonly IOffloadSender? _offloadSender;
    private SourceCandidate[] _candidates = [];
    private int _mtu;
    private bool _isUp = true;

    internal IpInterface(IpHost host, int number, IpInterfaceOptions options, IFrameSender? sender)
    {
        _host = host;
        Number = number;
        Options = options;
        Sender = sender;
        _offloadSender = sender as IOffloadSender;
        _mtu = options.Mtu;
        Neighbours = new NeighbourTable(host, this);
        Groups = new GroupTable(host, this);
    }

    /// <summary>Its number, from 1 on; 1 is the loopback.</summary>
    public int Number { get; }

    /// <summary>Its name, for people.</summary>
    public string Name => Options.Name;

    /// <summary>What its frames start with.</summary>
    public LinkLayer Layer => Options.Layer;

    /// <summary>Its Ethernet address.</summary>
    public MacAddress HardwareAddress => Options.HardwareAddress;

    /// <summary>Whether packets stay in this host.</summary>
    public bool IsLoopback => Sender is null;

    /// <summary>The addresses that are assigned to it.</summary>
    public IReadOnlyList<HostAddress> Addresses => _addresses;

    /// <summary>The most bytes of an IP packet. Paths follow a change.</summary>
    public int Mtu
    {
        get => _mtu;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, PathMtuTable.LeastIPv4);
            _mtu = value;
            _host.RoutesChanged();
        }
    }

    /// <summary>
    /// Whether it is used. While it is not, routes over it do not count, and nothing is sent or taken. When it comes up again, addresses
    /// that were being asked for are asked for anew.
    /// </summary>
    public bool IsUp
    {
        get => _isUp;
        set
        {
            var hasChanged = _isUp != value;
            _isUp = value;
            _host.RoutesChanged();
            foreach (var address in hasChanged ? _addresses : [])
            {
                if (value)
                {
                    address.Check?.Start(_host.Now);
                }
                else
                {
                    address.Check?.Stop();
                }
            }
        }
    }

    /// <summary>Frames that the link did not take.</summary>
    public long Refused { get; private set; }

    internal IpInterfaceOptions Options { get; }

    internal IFrameSender? Sender { get; }

    internal NeighbourTable Neighbours { get; }

    internal GroupTable Groups { get; }

    internal int LinkHeaderLength => Layer == LinkLayer.Ethernet ? EthernetWriter.Length : 0;

    /// <summary>Set when the link took no frame; cleared when it is asked again.</summary>
    internal bool IsBusy { get; set; }

    /// <summary>Whether a frame was committed since the last flush.</summary>
    internal bool MustFlush { get; private set; }

    internal bool CanCompleteChecksums => _offloadSender is not null && (Options.Offload & LinkOffload.SendChecksum) != 0;

    /// <summary>Its usable addresses, for the choice of a source.</summary>
    internal ReadOnlySpan<SourceCandidate> Candidates => _candidates;

    internal int MaxSuperSegment(bool isIPv4) =>
        _offloadSender is not null && (Options.Offload & (isIPv4 ? LinkOffload.Segmentation4 : LinkOffload.Segmentation6)) != 0
            ? Options.MaxSuperSegment
            : 0;

    internal HostAddress? Find(InternetAddress address)
    {
        foreach (var candidate in _addresses)
        {
            if (candidate.Address == address)
            {
                return candidate;
            }
        }

        return null;
    }

    internal void Add(HostAddress address)
    {
        _addresses.Add(address);
        AddressesChanged();
    }

    internal void Remove(HostAddress address)
    {
        _addresses.Remove(address);
        AddressesChanged();
    }

    internal void AddressesChanged()
    {
        _candidates = [.. _addresses.Where(static a => a.IsUsable).Select(a => new SourceCandidate(
            a.Address, a.PrefixLength, Number, IsDeprecated: a.State == AddressState.Deprecated))];
        _host.RoutesChanged();
    }

    /// <summary>Room for a frame of this length, or empty when the link takes none now or none so long, or the interface is down.</summary>
    internal Span<byte> Reserve(int length)
    {
        if (!_isUp)
        {
            // What waited for a neighbour, and questions about one, have no route that would keep them back.
            IsBusy = false;
            return default;
        }

        var room = Sender!.Reserve();
        if (room.IsEmpty)
        {
            Flush();
            room = Sender.Reserve();
        }

        IsBusy = room.IsEmpty;
        return room.Length < length ? default : room;
    }

    internal void Commit(int length)
    {
        Sender!.Commit(length);
        MustFlush = true;
    }

    internal void Commit(int length, in FrameOffload offload)
    {
        if (offload.IsNone)
        {
            Sender!.Commit(length);
        }
        else
        {
            _offloadSender!.Commit(length, offload);
        }

        MustFlush = true;
    }

    internal void Flush()
    {
        if (MustFlush)
        {
            MustFlush = false;
            Refused += Sender!.Flush().Refused;
        }
    }
}
