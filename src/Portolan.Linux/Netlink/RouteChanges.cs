using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Linux.Netlink;

/// <summary>
/// Sets up interfaces, addresses and routes of a network namespace (rtnetlink(7)). One thread; the namespace is that of the thread which
/// made it.
/// </summary>
public sealed class RouteChanges : IDisposable, INetlinkVisitor
{
    private const ushort NewLink = 16;
    private const ushort NewAddress = 20;
    private const ushort NewRoute = 24;
    private const ushort NewNeighbour = 28;

    private const ushort LinkAddress = 1;
    private const ushort LinkName = 3;
    private const ushort LinkMtu = 4;
    private const ushort LinkQueueLength = 13;
    private const ushort LinkInformation = 18;
    private const ushort LinkFamilies = 26;
    private const ushort LinkNamespace = 28;
    private const ushort LinkSegmentsOfOne = 40;
    private const ushort InformationKind = 1;
    private const ushort InformationData = 2;
    private const ushort VethPeer = 1;
    private const ushort Inet6AddressMode = 8;

    private const ushort AddressAddress = 1;
    private const ushort AddressLocal = 2;
    private const ushort AddressFlags = 8;

    private const ushort RouteDestination = 1;
    private const ushort RouteInterface = 4;
    private const ushort RouteGateway = 5;
    private const ushort RoutePreferredSource = 7;

    /// <summary>IFA_F_NODAD: it is used at once.</summary>
    private const uint WithoutDetection = 0x02;

    private readonly NetlinkSocket _socket = NetlinkSocket.Open(NetlinkFamily.Route);
    private readonly NetlinkDump _dump;
    private readonly NetlinkWriter _writer = new();

    /// <summary>Opens a channel to the kernel.</summary>
    /// <exception cref="LinuxException">There is none to be had.</exception>
    public RouteChanges() => _dump = new NetlinkDump(_socket);

    /// <summary>The number of an interface.</summary>
    /// <exception cref="LinuxException">There is none of that name.</exception>
    public int IndexOf(string name)
    {
        var found = 0;
        LinkRequests.ReadNames(_socket, (index, at) => found = at == name ? index : found, CancellationToken.None);
        return found != 0 ? found : throw new LinuxException(Errno.NoSuchDevice, $"find the interface {name}");
    }

    /// <summary>Makes a virtual cable, down.</summary>
    /// <param name="name">The end here.</param>
    /// <param name="hardwareAddress">Its Ethernet address.</param>
    /// <param name="peerName">The other end.</param>
    /// <param name="peerAddress">Its Ethernet address.</param>
    /// <param name="peerNamespace">A descriptor of the network namespace where the other end is.</param>
    /// <exception cref="LinuxException">Not allowed, a name is taken, or the kernel has no such cables.</exception>
    public void AddCable(string name, MacAddress hardwareAddress, string peerName, MacAddress peerAddress, int peerNamespace)
    {
        Begin(NewLink, NetlinkFlags.Create | NetlinkFlags.Exclusive, default(LinkMessage));
        _writer.Text(LinkName, name);
        Hardware(hardwareAddress);
        var information = _writer.BeginNest(LinkInformation);
        _writer.Data(InformationKind, "veth"u8);
        var data = _writer.BeginNest(InformationData);
        var peer = _writer.BeginNest(VethPeer);
        Raw(default(LinkMessage));
        _writer.Text(LinkName, peerName);
        Hardware(peerAddress);
        _writer.HostOrder32(LinkNamespace, (uint)peerNamespace);
        _writer.EndNest(peer);
        _writer.EndNest(data);
        _writer.EndNest(information);
        Send($"make a virtual cable {name}");
    }

    /// <summary>Keeps IPv6 from giving an interface an address of its own, so that it says nothing by itself.</summary>
    /// <remarks>Where the kernel has no IPv6 nothing is done.</remarks>
    public void Silence(int index)
    {
        const byte NoAddresses = 1;
        Begin(NewLink, NetlinkFlags.None, new LinkMessage { Index = index });
        var families = _writer.BeginNest(LinkFamilies);
        var family = _writer.BeginNest(Libc.AF_INET6);
        _writer.Byte(Inet6AddressMode, NoAddresses);
        _writer.EndNest(family);
        _writer.EndNest(families);
        _ = TrySend();
    }

    /// <summary>Sets the most bytes of a packet.</summary>
    /// <exception cref="LinuxException">The interface does not take it.</exception>
    public void SetMtu(int index, int bytes)
    {
        Begin(NewLink, NetlinkFlags.None, new LinkMessage { Index = index });
        _writer.HostOrder32(LinkMtu, (uint)bytes);
        Send($"set the MTU of interface {index} to {bytes}");
    }

    /// <summary>Sets how many packets may wait for the interface before more are dropped.</summary>
    /// <exception cref="LinuxException">Not allowed, or no such interface.</exception>
    public void SetQueueLength(int index, int packets)
    {
        Begin(NewLink, NetlinkFlags.None, new LinkMessage { Index = index });
        _writer.HostOrder32(LinkQueueLength, (uint)packets);
        Send($"set the queue of interface {index}");
    }

    /// <summary>Has the kernel cut what it sends into packets before the interface gets it (gso_max_segs 1).</summary>
    /// <exception cref="LinuxException">The kernel does not know how: it is older than Linux 4.16.</exception>
    public void SendWholePackets(int index)
    {
        Begin(NewLink, NetlinkFlags.None, new LinkMessage { Index = index });
        _writer.HostOrder32(LinkSegmentsOfOne, 1);
        Send($"have packets cut for interface {index}");
    }

    /// <summary>Brings an interface up.</summary>
    /// <exception cref="LinuxException">Not allowed, or no such interface.</exception>
    public void SetUp(int index)
    {
        const uint Up = 1;
        Begin(NewLink, NetlinkFlags.None, new LinkMessage { Index = index, Flags = Up, Change = Up });
        Send($"bring up interface {index}");
    }

    /// <summary>Gives an interface an address, which can be used at once.</summary>
    /// <param name="index">The interface.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">Bits of the network it is in; all for none.</param>
    /// <exception cref="LinuxException">It has it already, or is not allowed.</exception>
    public void AddAddress(int index, InternetAddress address, int prefixLength)
    {
        Begin(NewAddress, NetlinkFlags.Create | NetlinkFlags.Exclusive, new AddressMessage
        {
            Family = Family(address),
            PrefixLength = (byte)prefixLength,
            Index = index,
        });
        Address(AddressLocal, address);
        Address(AddressAddress, address);
        if (!address.IsIPv4)
        {
            _writer.HostOrder32(AddressFlags, WithoutDetection);
        }

        Send($"give interface {index} the address {address}");
    }

    /// <summary>Adds a route to the main table (RTM_NEWROUTE).</summary>
    /// <param name="index">The interface it goes out of.</param>
    /// <param name="destination">Where it leads.</param>
    /// <param name="source">The address that packets get which have none.</param>
    /// <param name="gateway">The neighbour it goes through, which need not be in a network of the interface; <c>null</c> for none.</param>
    /// <exception cref="LinuxException">It is there already, or is not allowed.</exception>
    public void AddRoute(int index, AddressPrefix destination, InternetAddress? source, InternetAddress? gateway)
    {
        const byte MainTable = 254;
        const byte BootProtocol = 3;
        const byte Unicast = 1;
        const byte LinkScope = 253;
        const uint OnLink = 4;
        Begin(NewRoute, NetlinkFlags.Create | NetlinkFlags.Exclusive, new RouteMessage
        {
            Family = Family(destination.Address),
            DestinationLength = (byte)destination.Length,
            Table = MainTable,
            Protocol = BootProtocol,
            Scope = gateway is null && destination.Address.IsIPv4 ? LinkScope : (byte)0,
            Type = Unicast,
            Flags = gateway is null ? 0 : OnLink,
        });
        Address(RouteDestination, destination.Address);
        _writer.HostOrder32(RouteInterface, (uint)index);
        if (gateway is { } through)
        {
            Address(RouteGateway, through);
        }

        if (source is { } preferred)
        {
            Address(RoutePreferredSource, preferred);
        }

        Send($"add a route to {destination}");
    }

    /// <summary>Gives the kernel the Ethernet address of a neighbour, for good.</summary>
    /// <exception cref="LinuxException">Not allowed.</exception>
    public void AddNeighbour(int index, InternetAddress address, MacAddress hardwareAddress)
    {
        const ushort Permanent = 0x80;
        const ushort NeighbourAddress = 1;
        const ushort NeighbourHardwareAddress = 2;
        Begin(NewNeighbour, NetlinkFlags.Create | NetlinkFlags.Replace, new NeighbourMessage
        {
            Family = Family(address),
            Index = index,
            State = Permanent,
        });
        Address(NeighbourAddress, address);
        Span<byte> bytes = stackalloc byte[MacAddress.Length];
        hardwareAddress.WriteBytes(bytes);
        _writer.Data(NeighbourHardwareAddress, bytes);
        Send($"add the neighbour {address}");
    }

    /// <summary>
    /// Has the kernel find the Ethernet address of a neighbour, as if a packet were to go there (NTF_USE): ARP or neighbour discovery, and
    /// the table that all use. It does not wait.
    /// </summary>
    /// <exception cref="LinuxException">Not allowed, or the table is full.</exception>
    public void SeekNeighbour(int index, InternetAddress address)
    {
        const byte Use = 0x01;
        const ushort NeighbourAddress = 1;
        Begin(NewNeighbour, NetlinkFlags.Create, new NeighbourMessage { Family = Family(address), Index = index, Flags = Use });
        Address(NeighbourAddress, address);
        Send($"look for the neighbour {address}");
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    void INetlinkVisitor.Visit(ushort type, ReadOnlySpan<byte> payload)
    {
        // An acknowledgement carries nothing else.
    }

    private static byte Family(InternetAddress address) => (byte)(address.IsIPv4 ? Libc.AF_INET : Libc.AF_INET6);

    private void Address(ushort type, InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        _writer.Data(type, bytes[..address.WriteBytes(bytes)]);
    }

    private void Hardware(MacAddress address)
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Length];
        address.WriteBytes(bytes);
        _writer.Data(LinkAddress, bytes);
    }

    private void Begin<T>(ushort type, NetlinkFlags flags, T header)
        where T : unmanaged
    {
        _writer.Clear();
        _writer.BeginMessage(type, NetlinkFlags.Request | NetlinkFlags.Acknowledge | flags, 0);
        Raw(header);
    }

    private void Raw<T>(T header)
        where T : unmanaged => _writer.Raw(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in header)));

    private void Send(string operation)
    {
        if (TrySend() is var errno and not 0)
        {
            throw new LinuxException(errno, operation);
        }
    }

    private int TrySend()
    {
        _writer.EndMessage();
        var result = _dump.Run(_writer.Bytes.ToArray(), this, CancellationToken.None);
        return result.Status == NetlinkDumpStatus.Complete ? 0 : result.Errno == 0 ? Errno.InvalidArgument : result.Errno;
    }

    /// <summary>struct ifinfomsg (linux/rtnetlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct LinkMessage
    {
        internal byte Family;
        internal byte Padding;
        internal ushort Type;
        internal int Index;
        internal uint Flags;
        internal uint Change;
    }

    /// <summary>struct ifaddrmsg (linux/if_addr.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct AddressMessage
    {
        internal byte Family;
        internal byte PrefixLength;
        internal byte Flags;
        internal byte Scope;
        internal int Index;
    }

    /// <summary>struct rtmsg (linux/rtnetlink.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct RouteMessage
    {
        internal byte Family;
        internal byte DestinationLength;
        internal byte SourceLength;
        internal byte ServiceType;
        internal byte Table;
        internal byte Protocol;
        internal byte Scope;
        internal byte Type;
        internal uint Flags;
    }

    /// <summary>struct ndmsg (linux/neighbour.h).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NeighbourMessage
    {
        internal byte Family;
        internal byte Padding1;
        internal ushort Padding2;
        internal int Index;
        internal ushort State;
        internal byte Flags;
        internal byte Type;
    }
}
