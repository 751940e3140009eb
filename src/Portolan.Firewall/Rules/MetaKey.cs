namespace Portolan.Firewall.Rules;

/// <summary>Facts about a packet (NFT_META_*).</summary>
public enum MetaKey : uint
{
    /// <summary>Length in bytes.</summary>
    Length = 0,

    /// <summary>EtherType.</summary>
    Protocol = 1,

    /// <summary>Priority.</summary>
    Priority = 2,

    /// <summary>Mark.</summary>
    Mark = 3,

    /// <summary>Index of the interface it arrived on.</summary>
    InputInterface = 4,

    /// <summary>Index of the interface it leaves by.</summary>
    OutputInterface = 5,

    /// <summary>Name of the interface it arrived on.</summary>
    InputInterfaceName = 6,

    /// <summary>Name of the interface it leaves by.</summary>
    OutputInterfaceName = 7,

    /// <summary>ARPHRD type of the input interface.</summary>
    InputInterfaceType = 8,

    /// <summary>ARPHRD type of the output interface.</summary>
    OutputInterfaceType = 9,

    /// <summary>User of the sending socket.</summary>
    SocketUser = 10,

    /// <summary>Group of the sending socket.</summary>
    SocketGroup = 11,

    /// <summary>Whether it is traced.</summary>
    Trace = 12,

    /// <summary>Routing realm.</summary>
    RouteClass = 13,

    /// <summary>Security mark.</summary>
    SecurityMark = 14,

    /// <summary>Family of the packet, NFPROTO_*.</summary>
    NetfilterProtocol = 15,

    /// <summary>Protocol number above IP.</summary>
    TransportProtocol = 16,

    /// <summary>Name of the bridge it arrived on.</summary>
    BridgeInput = 17,

    /// <summary>Name of the bridge it leaves by.</summary>
    BridgeOutput = 18,

    /// <summary>PACKET_HOST, broadcast, multicast, other host.</summary>
    PacketType = 19,

    /// <summary>Processor.</summary>
    Cpu = 20,

    /// <summary>Group of the input interface.</summary>
    InputInterfaceGroup = 21,

    /// <summary>Group of the output interface.</summary>
    OutputInterfaceGroup = 22,

    /// <summary>net_cls class.</summary>
    CgroupClass = 23,

    /// <summary>A random number.</summary>
    Random = 24,

    /// <summary>Whether IPsec decrypted it.</summary>
    SecurityPath = 25,

    /// <summary>Kind of the input interface, such as veth.</summary>
    InputInterfaceKind = 26,

    /// <summary>Kind of the output interface.</summary>
    OutputInterfaceKind = 27,

    /// <summary>VLAN of the bridge port.</summary>
    BridgeInputVlanId = 28,

    /// <summary>VLAN protocol of the bridge.</summary>
    BridgeInputVlanProtocol = 29,

    /// <summary>Time since the epoch in ns.</summary>
    TimeNanoseconds = 30,

    /// <summary>Day of the week.</summary>
    TimeDay = 31,

    /// <summary>Second of the day.</summary>
    TimeHour = 32,

    /// <summary>Index of the enslaved input interface.</summary>
    SlaveInput = 33,

    /// <summary>Name of the enslaved input interface.</summary>
    SlaveInputName = 34,

    /// <summary>Whether to route it.</summary>
    BridgeBroute = 35,

    /// <summary>MAC address of the bridge.</summary>
    BridgeInputHardwareAddress = 37,
}
